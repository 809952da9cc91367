/** Many runs at once, aborts, and the end of a program. */
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { add, attention, embedding, gelu, layerNorm, linear } from '../../src/ops/index.js';
import { OFFSETS, TOKENS } from '../../src/tensor/shape.js';
import type { Tensor } from '../../src/tensor/tensor.js';
import { expectSame } from '../reference/closeness.js';
import { arraysFor, compile, constant, eager, expectEager, type Ports } from './both-ways.js';

const ports: Ports = { ids: ['i32', [TOKENS]], offsets: ['i32', [OFFSETS]] };
const [table, gamma] = [constant([10, 24], 1), constant([24], 2)];
const weights = [3, 4, 5, 6, 7].map((seed) => constant([24, 24], seed)) as [Tensor, Tensor, Tensor, Tensor, Tensor];

/** A small transformer layer: something of everything. */
function build({ ids, offsets }: Readonly<Record<string, Tensor>>) {
  const x = embedding(table, ids!);
  const [q, k, v] = [linear(x, weights[0]), linear(x, weights[1]), linear(x, weights[2])];
  const a = layerNorm(add(linear(attention(q, k, v, offsets!, { heads: 4 }), weights[3]), x), gamma, gamma, 1e-5);
  return { y: add(a, linear(gelu(linear(a, weights[4])), weights[0])) };
}

const batch = (i: number) => [((i * 7) % 13) + 1, i % 3, ((i * 5) % 17) + 1];

describe('twenty runs at once', () => {
  it('give each its own right result', async () => {
    const program = await compile(ports, build);
    const inputs = Array.from({ length: 20 }, (_, i) => arraysFor(ports, batch(i), i));
    const outputs = await Promise.all(inputs.map((arrays, i) => program.run(arrays, { threads: (i % 2) + 1 })));
    inputs.forEach((arrays, i) => {
      const expected = eager(ports, build, arrays).y.toFloat32Array();
      expectSame(outputs[i]!.y!.data as Float32Array, expected, `run ${i}`);
    });
  });

  it('of several programs, some of them wrong, do not disturb each other', async () => {
    const programs = await Promise.all([1, 2, 3].map(() => compile(ports, build, 2)));
    const outcomes = await Promise.all(
      Array.from({ length: 21 }, (_, i) => {
        const arrays = arraysFor(ports, batch(i), i);
        if (i % 5 === 4) (arrays.ids as Int32Array)[0] = 10;
        const expected = i % 5 === 4 ? undefined : eager(ports, build, arrays).y.toFloat32Array();
        return programs[i % 3]!.run(arrays).then(
          ({ y }) => ({ expected, got: y!.data as Float32Array }),
          (error: Error) => ({ expected, error }),
        );
      }),
    );
    for (const outcome of outcomes) {
      if (outcome.expected && 'got' in outcome) expectSame(outcome.got, outcome.expected);
      else expect(outcome).toHaveProperty('error.message', expect.stringMatching(/id 10 at position 0/));
    }
  });

  it('leave the event loop free', async () => {
    const program = await compile(ports, build);
    let turns = 0;
    const ticking = setInterval(() => turns++, 0);
    await Promise.all(Array.from({ length: 20 }, (_, i) => program.run(arraysFor(ports, [200, 300], i))));
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('an abort', () => {
  it('before the start rejects with its reason', async () => {
    const program = await compile(ports, build);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(program.run(arraysFor(ports, [3]), { signal })).rejects.toThrow('enough');
    await expectEager(program, ports, build, [[3, 4]]);
  });

  it('while waiting rejects that run and no other', async () => {
    const program = await compile(ports, build);
    const controller = new AbortController();
    const runs = Array.from({ length: 8 }, (_, i) =>
      program.run(arraysFor(ports, [100, 100], i), i % 2 ? { signal: controller.signal } : {}),
    );
    controller.abort(new Error('enough'));
    const outcomes = await Promise.allSettled(runs);
    outcomes.forEach((outcome, i) => {
      // The first two had begun, and a run that has begun ends.
      expect(outcome.status, `run ${i}`).toBe(i % 2 && i > 1 ? 'rejected' : 'fulfilled');
    });
    await expectEager(program, ports, build, [[3, 4]]);
  });

  it('after the end changes nothing', async () => {
    const program = await compile(ports, build);
    const controller = new AbortController();
    const run = await program.run(arraysFor(ports, [3]), { signal: controller.signal });
    controller.abort();
    expect(run.y!.shape).toEqual([3, 24]);
  });
});

describe('a disposed program', () => {
  it('refuses to run, and may be disposed again', async () => {
    const program = await compile(ports, build);
    expect(program.memory.packed).toBeGreaterThan(0);
    program.dispose();
    program.dispose();
    await expect(program.run(arraysFor(ports, [3]))).rejects.toThrow(UsageError);
    await expect(program.run(arraysFor(ports, [3]))).rejects.toThrow('this program was disposed');
    expect(program.memory).toEqual({ packed: 0, cached: 0, arena: 0 });
  });

  it('ends the runs that were begun, waiting ones included', async () => {
    const program = await compile(ports, build);
    const inputs = Array.from({ length: 8 }, (_, i) => arraysFor(ports, batch(i), i));
    const runs = inputs.map((arrays) => program.run(arrays));
    program.dispose();
    const outputs = await Promise.all(runs);
    inputs.forEach((arrays, i) => {
      expectSame(outputs[i]!.y!.data as Float32Array, eager(ports, build, arrays).y.toFloat32Array(), `run ${i}`);
    });
    await expect(program.run(inputs[0]!)).rejects.toThrow('this program was disposed');
  });

  it('has kept its own hold on weights and constants', async () => {
    const own = [constant([24, 24], 31), constant([24], 32)] as const;
    const x: Ports = { x: ['f32', [TOKENS, 24]], offsets: ['i32', [OFFSETS]] };
    const made = (inputs: Readonly<Record<string, Tensor>>) => ({ y: add(linear(inputs.x!, own[0]), own[1]) });
    const program = await compile(x, made);
    const arrays = arraysFor(x, [9]);
    const expected = eager(x, made, arrays).y.toFloat32Array();
    for (const tensor of own) tensor.dispose();
    expectSame((await program.run(arrays)).y!.data as Float32Array, expected);
  });
});
