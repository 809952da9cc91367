/** What a program may hand back besides the results of its steps. */
import { describe, expect, it } from 'vitest';
import { add, concat, gelu, linear, reshape, slice } from '../../src/ops/index.js';
import { Program } from '../../src/program/index.js';
import { OFFSETS, TOKENS } from '../../src/tensor/shape.js';
import { bothWays, constant, type Ports } from './both-ways.js';

const ports: Ports = { x: ['f32', [TOKENS, 12]], offsets: ['i32', [OFFSETS]] };
const weight = constant([12, 12], 1);

describe('an output', () => {
  it('may be an input', async () => {
    await bothWays(ports, ({ x, offsets }) => ({ x: x!, offsets: offsets!, y: gelu(x!) }));
  });

  it('may be a constant', async () => {
    await bothWays(ports, ({ x }) => ({ weight, y: add(x!, constant([12], 2)) }));
  });

  it('may be the same value under two names, or three', async () => {
    await bothWays(ports, ({ x }) => {
      const y = gelu(x!);
      return { first: y, second: y, x: x!, again: x!, third: y };
    });
  });

  it('may be a reshape of a value, an input or another output', async () => {
    await bothWays(ports, ({ x }) => {
      const y = gelu(x!);
      const n = x!.shape[0]!;
      return {
        y,
        deep: reshape(y, [n, 3, 4]),
        input: reshape(x!, [n, 2, 6]),
        twice: reshape(reshape(y, [n, 6, 2]), [n, 12]),
      };
    });
  });

  it('may be slices of a value, an input or another output', async () => {
    await bothWays(ports, ({ x }) => {
      const y = gelu(x!);
      return { left: slice(y, 1, 0, 5), right: slice(y, 1, 5, 12), input: slice(x!, 1, 3, 4), y };
    });
  });

  it('may be read by later steps, and read again', async () => {
    await bothWays(ports, ({ x }) => {
      const first = linear(x!, weight);
      const second = gelu(first);
      return { second, first, sum: add(first, second), joined: concat([second, first], 1) };
    });
  });

  it('may stand under a name that objects have by themselves', async () => {
    const program = await Program.compile((graph) => ({ constructor: gelu(graph.input('toString', 'f32', [2])) }));
    const { constructor: y } = await program.run({ toString: Float32Array.of(0, 1) } as never);
    expect((y as unknown as { shape: number[] }).shape).toEqual([2]);
  });

  it('need not be: a program without outputs runs', async () => {
    const program = await Program.compile((graph) => {
      gelu(graph.input('x', 'f32', [2]));
      return {};
    });
    expect(program.listing.compiled).toBe('');
    expect(await program.run({ x: new Float32Array(2) })).toEqual({});
  });
});

describe('what a run hands back', () => {
  it('is the caller’s own: the next run does not touch it', async () => {
    const program = await Program.compile((graph) => ({ y: gelu(graph.input('x', 'f32', [3])) }));
    const first = await program.run({ x: Float32Array.of(1, 2, 3) });
    const before = [...(first.y!.data as Float32Array)];
    await program.run({ x: Float32Array.of(7, 8, 9) });
    expect([...(first.y!.data as Float32Array)]).toEqual(before);
  });

  it('names its ports', async () => {
    const program = await Program.compile((graph) => ({
      y: linear(graph.input('x', 'f32', [TOKENS, 12]), weight),
    }));
    expect(program.inputs).toEqual([{ name: 'x', dtype: 'f32', shape: [TOKENS, 12] }]);
    expect(program.outputs).toEqual([{ name: 'y', dtype: 'f32', shape: [TOKENS, 12] }]);
  });
});
