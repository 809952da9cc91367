/** What a run refuses, and how it says so. */
import { beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import type { NativeArray } from '../../src/native.js';
import { add, attention, embedding, gelu, linear, pool, positions, slice } from '../../src/ops/index.js';
import { Graph, Program } from '../../src/program/index.js';
import { OFFSETS, SEQUENCES, TOKENS } from '../../src/tensor/shape.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectSame } from '../reference/closeness.js';
import { arraysFor, compile, constant, expectEager, type Ports } from './both-ways.js';

const ports: Ports = {
  x: ['f32', [TOKENS, 6]],
  ids: ['i32', [TOKENS]],
  start: ['i32', [SEQUENCES]],
  offsets: ['i32', [OFFSETS]],
};
const table = constant([10, 6], 1);
const build = ({ x, ids, start, offsets }: Readonly<Record<string, Tensor>>) => ({
  y: pool(add(x!, embedding(table, ids!)), offsets!, 'mean', start!),
});
const usual = () => arraysFor(ports, [3, 2]);

let program: Program;
beforeAll(async () => {
  program = await compile(ports, build);
});

describe('a run is refused', () => {
  const cases: readonly [what: string, change: Record<string, NativeArray | undefined>, message: string][] = [
    ['without an input', { ids: undefined }, 'program input "ids" is missing'],
    ['with another type', { ids: new Float32Array(5) }, 'program input "ids" must be i32, got Float32Array'],
    ['with i64 for i32', { ids: new BigInt64Array(5) }, 'program input "ids" must be i32, got BigInt64Array'],
    ['with a plain array', { x: [1, 2] as never }, 'program input "x" must be f32, got Array'],
    ['with too few elements', { x: new Float32Array(29) }, 'program input "x" has 29 elements, expected 30'],
    ['with too many elements', { x: new Float32Array(36) }, 'program input "x" has 36 elements, expected 30'],
    ['with too few ids', { ids: new Int32Array(4) }, 'program input "ids" has 4 elements, expected 5'],
    ['with starts of another batch', { start: new Int32Array(3) }, 'program input "start" has 3 elements, expected 2'],
    ['with offsets short of N', { offsets: Int32Array.of(0, 3, 4) }, 'has 30 elements, expected 24'],
    [
      'with offsets not from 0',
      { offsets: Int32Array.of(1, 3, 5) },
      'offsets must begin with 0 and never fall, got [1, 3, 5]',
    ],
    [
      'with falling offsets',
      { offsets: Int32Array.of(0, 7, 5) },
      'offsets must begin with 0 and never fall, got [0, 7, 5]',
    ],
    ['with negative offsets', { offsets: Int32Array.of(0, -3, -5) }, 'offsets must begin with 0 and never fall'],
    ['without offsets', { offsets: new Int32Array(0) }, 'offsets must begin with 0 and never fall, got []'],
  ];

  it.each(cases)('%s', async (_, change, message) => {
    const run = program.run({ ...usual(), ...change } as Record<string, NativeArray>);
    await expect(run).rejects.toThrow(UsageError);
    await expect(program.run({ ...usual(), ...change } as Record<string, NativeArray>)).rejects.toThrow(message);
  });

  it.each([
    [10, 2],
    [-1, 0],
    [2 ** 31 - 1, 4],
  ])('with id %i at position %i', async (id, position) => {
    const arrays = usual();
    (arrays.ids as Int32Array)[position] = id;
    await expect(program.run(arrays)).rejects.toThrow(`embedding: id ${id} at position ${position}`);
  });

  it('with a negative start', async () => {
    const run = program.run({ ...usual(), start: Int32Array.of(0, -4) });
    await expect(run).rejects.toThrow(/pool: start must not be negative, got -4 at sequence 1/);
  });

  it('with a sequence that a bias does not reach', async () => {
    const bias = Tensor.zeros([2, 3, 3]);
    const own = await compile(ports, ({ x, offsets }) => ({
      y: attention(x!, x!, x!, offsets!, { heads: 2, bias }),
    }));
    await own.run(arraysFor(ports, [3, 2]));
    await expect(own.run(arraysFor(ports, [1, 4]))).rejects.toThrow(/4 tokens, but bias reaches only 3/);
  });

  it('with offsets only, where they lie', async () => {
    const own = await compile({ offsets: ['i32', [OFFSETS]] }, ({ offsets }) => ({ y: positions(offsets!) }));
    await expect(own.run({ offsets: Int32Array.of(0, -3) })).rejects.toThrow(UsageError);
    await expect(own.run({ offsets: new Int32Array(0) })).rejects.toThrow(UsageError);
  });

  it.each([Number.NaN, -1, 1.5, 1e9])('with %s threads, or it runs rightly', async (threads) => {
    const outcome = await program.run(usual(), { threads }).then(
      ({ y }) => y!.shape,
      (error: Error) => error,
    );
    if (outcome instanceof Error) expect(outcome.message).toMatch(/threads/);
    else expect(outcome).toEqual([2, 6]);
  });

  it('and the next one goes well', async () => {
    await expectEager(program, ports, build, [
      [3, 2],
      [1, 0, 4],
    ]);
  });
});

describe('a program without offsets', () => {
  it('takes its tokens for one sequence', async () => {
    const own = await Program.compile((graph) => ({ y: embedding(table, graph.input('ids', 'i32', [TOKENS])) }));
    for (const count of [3, 0, 8]) {
      const ids = Int32Array.from({ length: count }, (_, i) => 9 - i);
      const { y } = await own.run({ ids });
      expect(y!.shape).toEqual([count, 6]);
      expectSame(y!.data as Float32Array, embedding(table, Tensor.from(ids)).toFloat32Array());
    }
  });

  it('takes inputs of fixed sizes, of those sizes only', async () => {
    const own = await Program.compile((graph) => ({ y: gelu(graph.input('x', 'f32', [2, 3])) }));
    expect((await own.run({ x: new Float32Array(6) })).y!.shape).toEqual([2, 3]);
    await expect(own.run({ x: new Float32Array(5) })).rejects.toThrow('has 5 elements, expected 6');
  });
});

describe('an array taken away while its run waits', () => {
  it('is an error and no crash', async () => {
    const inputs = Array.from({ length: 6 }, () => arraysFor(ports, [300, 200]));
    const runs = inputs.map((arrays) => program.run(arrays));
    const last = inputs[5]!.x as Float32Array<ArrayBuffer>;
    structuredClone(last.buffer, { transfer: [last.buffer] });
    const outcomes = await Promise.allSettled(runs);
    expect(outcomes.map(({ status }) => status)).toEqual([...Array(5).fill('fulfilled'), 'rejected']);
    await expect(runs[5]).rejects.toThrow(/got 0/);
  });
});

describe('recording is refused', () => {
  it('of two inputs with one name', () => {
    const graph = new Graph();
    graph.input('x', 'f32', [2]);
    expect(() => graph.input('x', 'i32', [3])).toThrow('the program has an input "x" already');
  });

  it('of a tensor of another program', async () => {
    const stranger = new Graph().input('x', 'f32', [2]);
    const compiling = Program.compile((graph) => ({ y: add(graph.input('x', 'f32', [2]), stranger) }));
    await expect(compiling).rejects.toThrow('a tensor of one recorded program was used in another');
    await expect(Program.compile(() => ({ y: stranger }))).rejects.toThrow(UsageError);
  });

  it('of reading values that do not exist yet', () => {
    const x = new Graph().input('x', 'f32', [TOKENS, 2]);
    expect(() => x.toArray()).toThrow(/belongs to a program that is being recorded/);
    expect(() => x.toList()).toThrow(UsageError);
  });

  it('of a computed weight or bias', () => {
    const graph = new Graph();
    const x = graph.input('x', 'f32', [3, 2]);
    expect(() => linear(x, x)).toThrow('linear: expected weight and bias known while recording');
    expect(() => linear(x, Tensor.zeros([3, 2]), graph.input('b', 'f32', [3]))).toThrow(/known while recording/);
    expect(() => linear(Tensor.zeros([3, 2]), Tensor.zeros([3, 2]), graph.input('c', 'f32', [3]))).toThrow(
      /known while recording/,
    );
  });

  it('of cutting through sizes that are not known yet', () => {
    const x = new Graph().input('x', 'f32', [TOKENS, 2]);
    expect(() => slice(x, 0, 0, 1)).toThrow('slice: expected an axis of f32[N,2] with a known size, got axis 0');
  });

  it('of shapes that do not fit, as eagerly', () => {
    const graph = new Graph();
    const [x, y] = [graph.input('x', 'f32', [TOKENS, 2]), graph.input('y', 'f32', [SEQUENCES, 2])];
    expect(() => add(x, y)).toThrow(
      "add: expected b with a's shape or a trailing part of it, got f32[N,2] and f32[S,2]",
    );
  });

  it('of a tensor that was disposed', async () => {
    const gone = Tensor.zeros([2]);
    gone.dispose();
    await expect(Program.compile((graph) => ({ y: add(graph.input('x', 'f32', [2]), gone) }))).rejects.toThrow(
      'this tensor was disposed',
    );
  });

  it('when the code itself throws', async () => {
    const compiling = Program.compile((graph) => {
      gelu(graph.input('x', 'f32', [2]));
      throw new RangeError('my own');
    });
    await expect(compiling).rejects.toThrow('my own');
  });
});
