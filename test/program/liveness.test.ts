/** Values share memory; none may be overwritten while something still reads it. */
import { describe, expect, it } from 'vitest';
import { add, attention, gelu, linear, mul, reshape, slice, tanh } from '../../src/ops/index.js';
import { OFFSETS, TOKENS } from '../../src/tensor/shape.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { arraysFor, bothWays, compile, constant, type Ports } from './both-ways.js';

const width = 24;
const ports: Ports = { x: ['f32', [TOKENS, width]], offsets: ['i32', [OFFSETS]] };
const lengths = [50, 50];
/** Bytes of one `[N, width]` value of that batch. */
const valueBytes = 100 * width * 4;

async function arenaOf(build: (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>): Promise<number> {
  const program = await compile(ports, build);
  await program.run(arraysFor(ports, lengths));
  const { arena } = program.memory;
  program.dispose();
  return arena;
}

describe('values that share memory', () => {
  it('in a chain need two places, however long it is', async () => {
    const chain = (steps: number) => (inputs: Readonly<Record<string, Tensor>>) => {
      let y = inputs.x!;
      for (let i = 0; i < steps; i++) y = tanh(mul(y, constant([width], i)));
      return { y };
    };
    await bothWays(ports, chain(20));
    expect(await arenaOf(chain(40))).toBe(await arenaOf(chain(5)));
    expect(await arenaOf(chain(40))).toBeLessThanOrEqual(2 * valueBytes + 256);
  });

  it('in a diamond are all there when the branches meet', async () => {
    await bothWays(ports, ({ x }) => {
      const top = tanh(x!);
      const left = gelu(mul(top, constant([width], 1)));
      const right = tanh(add(top, constant([width], 2)));
      return { y: mul(add(left, right), top) };
    });
  });

  it('are kept where a late step reads them', async () => {
    await bothWays(ports, ({ x }) => {
      const early = Array.from({ length: 8 }, (_, i) => tanh(mul(x!, constant([width], i))));
      let y = x!;
      for (let i = 0; i < 10; i++) y = gelu(mul(y, constant([width], 50 + i)));
      for (const value of early.reverse()) y = add(y, value);
      return { y };
    });
  });

  it('are kept where only a view of them is read late', async () => {
    await bothWays(ports, ({ x, offsets }) => {
      const n = x!.shape[0]!;
      const wide = mul(linear(x!, constant([3 * width, width], 1)), constant([3 * width], 2));
      const [q, k, v] = [0, 1, 2].map((i) => slice(wide, 1, i * width, (i + 1) * width));
      const deep = reshape(tanh(x!), [n, 4, 6]);
      let y = x!;
      for (let i = 0; i < 6; i++) y = gelu(mul(y, constant([width], 10 + i)));
      const attended = attention(q!, k!, v!, offsets!, { heads: 4 });
      return { y: add(add(y, attended), reshape(deep, [n, width])) };
    });
  });

  it('may differ in width, type and number of axes', async () => {
    await bothWays(ports, ({ x }) => {
      const n = x!.shape[0]!;
      let y = x!;
      for (const size of [7, 96, 1, 24]) y = tanh(linear(y, constant([size, y.shape[1]!], size)));
      let z = reshape(mul(x!, y), [n, 2, 12]);
      for (const size of [5, 33, 12]) z = tanh(linear(z, constant([size, z.shape[2]!], size)));
      return { y: add(reshape(z, [n, width]), y) };
    });
  });

  it('are not left over from a larger run before', async () => {
    const build = ({ x }: Readonly<Record<string, Tensor>>) => ({ y: tanh(gelu(mul(x!, constant([width], 3)))) });
    await bothWays(ports, build, [[3], [200, 100], [3], [1], [150]]);
  });
});
