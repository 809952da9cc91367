import { describe, expect, it } from 'vitest';
import { type AttentionOptions, attention, attentionProbs } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import * as reference from '../reference/attention.js';
import { expectClose, expectSame } from '../reference/closeness.js';
import { Random } from '../reference/random.js';

/**
 * Scores reach about 5 here, each with a few roundings of its terms' sum: 2e-6, which exp turns into a relative error of
 * the probabilities. Values average numbers near 1 with them.
 */
const relative = 5e-6;
const tolerance = 5e-6;

interface Shape {
  readonly heads: number;
  readonly width: number;
  readonly lengths: readonly number[];
  readonly causal?: boolean;
  readonly scale?: number;
  /** How much further than the longest sequence a bias reaches; without it there is none. */
  readonly biasBeyond?: number;
  readonly keys?: readonly number[];
}

function make(shape: Shape) {
  const { heads, width, lengths } = shape;
  const random = new Random(heads * 7919 + width * 31 + lengths.length);
  const offsets = Int32Array.from([0, ...lengths.map((_, s) => lengths.slice(0, s + 1).reduce((a, b) => a + b))]);
  const size = offsets.at(-1)! * heads * width;
  const [q, k, v] = [random.normals(size), random.normals(size), random.normals(size)];
  const side = shape.biasBeyond === undefined ? undefined : Math.max(0, ...lengths) + shape.biasBeyond;
  const bias = side === undefined ? undefined : { values: random.normals(heads * side * side), side };
  const twin: reference.AttentionCase = {
    ...{ q, k, offsets, heads, width, causal: shape.causal ?? false },
    ...(shape.scale === undefined ? {} : { scale: shape.scale }),
    ...(bias ? { bias } : {}),
    ...(shape.keys ? { keys: shape.keys } : {}),
  };
  const matrix = (data: Float32Array) => Tensor.from(data, { shape: [offsets.at(-1)!, heads * width] });
  const options: AttentionOptions = {
    ...{ heads, causal: shape.causal ?? false },
    ...(shape.scale === undefined ? {} : { scale: shape.scale }),
    ...(bias ? { bias: Tensor.from(bias.values, { shape: [heads, bias.side, bias.side] }) } : {}),
    ...(shape.keys ? { keys: Tensor.from(Int32Array.from(shape.keys)) } : {}),
  };
  return { q: matrix(q), k: matrix(k), v: matrix(v), offsets: Tensor.from(offsets), options, twin, values: v };
}

function check(shape: Shape): void {
  const { q, k, v, offsets, options, twin, values } = make(shape);
  expectClose(attention(q, k, v, offsets, options).toFloat32Array(), reference.attention(twin, values), tolerance);
  const probs = attentionProbs(q, k, offsets, options);
  const expected = reference.attentionProbs(twin);
  expect(probs.shape).toEqual([shape.heads, expected.length / shape.heads]);
  expectClose(probs.toFloat32Array(), expected, (i) => relative * expected[i]! + 1e-37);
}

const mixed = [3, 0, 1, 17, 2, 9];

describe('attention and its probabilities', () => {
  describe.each([1, 3, 12])('%i heads', (heads) => {
    it.each([5, 16, 32, 33, 64])('of %i columns', (width) => check({ heads, width, lengths: mixed }));
  });

  it.each([1, 2, 7, 8, 15, 16, 17, 31, 33, 48, 63, 64, 65, 129])('sequences of %i tokens', (length) => {
    check({ heads: 2, width: 32, lengths: [length, 1, length] });
    check({ heads: 1, width: 5, lengths: [length], causal: true });
  });

  it.each([[[]], [[0]], [[0, 0, 0]], [[1]], [[0, 4]], [[4, 0]]])('lengths %j', (lengths) => {
    check({ heads: 3, width: 4, lengths });
    check({ heads: 3, width: 4, lengths, causal: true, biasBeyond: 0 });
  });

  it('causal', () => {
    check({ heads: 3, width: 33, lengths: mixed, causal: true });
    check({ heads: 1, width: 64, lengths: [70], causal: true });
  });

  it.each([0, 1, 13])('a bias that reaches %i beyond the longest sequence', (biasBeyond) => {
    check({ heads: 3, width: 16, lengths: mixed, biasBeyond });
    check({ heads: 3, width: 16, lengths: mixed, biasBeyond, causal: true });
  });

  it.each([[[3, 0, 1, 17, 2, 9]], [[1, 0, 1, 1, 1, 1]], [[2, 0, 1, 16, 1, 8]]])('of %j keys', (keys) => {
    check({ heads: 3, width: 16, lengths: mixed, keys });
    check({ heads: 2, width: 33, lengths: mixed, keys, biasBeyond: 1 });
    check({ heads: 1, width: 32, lengths: [200, 130], keys: [70, 129] });
  });

  it('gives tokens that are seen the bits they have without those that are not', () => {
    const { q, k, v, offsets, options } = make({ heads: 2, width: 24, lengths: [30, 9], keys: [17, 9] });
    const part = (x: Tensor) => Tensor.from(x.toFloat32Array().slice(0, 17 * 48), { shape: [17, 48] });
    const alone = attention(part(q), part(k), part(v), Tensor.from(Int32Array.of(0, 17)), { heads: 2 });
    const all = attention(q, k, v, offsets, options).toFloat32Array();
    expectSame(all.slice(0, 17 * 48), alone.toFloat32Array());
  });

  it.each([0, 1, -0.5, 0.0625])('a scale of %f', (scale) => check({ heads: 2, width: 24, lengths: mixed, scale }));

  it('gives the first token of a causal sequence its own value', () => {
    const { q, k, v, offsets, options } = make({ heads: 2, width: 8, lengths: [5, 3], causal: true });
    const y = attention(q, k, v, offsets, options).toFloat32Array();
    const values = v.toFloat32Array();
    expectSame(y.slice(0, 16), values.slice(0, 16));
    expectSame(y.slice(80, 96), values.slice(80, 96), 'second sequence');
  });

  it('gives a sequence the same bits alone and in any batch', () => {
    const shape = { heads: 3, width: 33, lengths: [5, 70, 0, 1, 18] };
    const { q, k, v, offsets, options } = make(shape);
    const columns = 99;
    const all = attention(q, k, v, offsets, options).toFloat32Array();
    const bounds = offsets.toArray() as Int32Array;
    shape.lengths.forEach((length, s) => {
      const part = (x: Tensor) =>
        Tensor.from(x.toFloat32Array().slice(bounds[s]! * columns, bounds[s + 1]! * columns), {
          shape: [length, columns],
        });
      const alone = attention(part(q), part(k), part(v), Tensor.from(Int32Array.of(0, length)), options);
      const expected = all.slice(bounds[s]! * columns, bounds[s + 1]! * columns);
      expectSame(alone.toFloat32Array(), expected, `sequence ${s}`);
    });
  });
});

describe('masked and broken rows', () => {
  const infinity = Number.POSITIVE_INFINITY;

  it('give zeros where a bias of -Infinity hides every token', () => {
    const { q, k, v, offsets } = make({ heads: 2, width: 8, lengths: [4] });
    const bias = new Float32Array(2 * 4 * 4);
    bias.fill(-infinity, 16 + 2 * 4, 16 + 3 * 4);
    const options = { heads: 2, bias: Tensor.from(bias, { shape: [2, 4, 4] }) };
    const y = attention(q, k, v, offsets, options).toFloat32Array();
    expectSame(y.slice(2 * 16 + 8, 3 * 16), new Float32Array(8));
    expect(y.slice(2 * 16, 2 * 16 + 8).every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
    const probs = attentionProbs(q, k, offsets, options).toFloat32Array();
    expectSame(probs.slice(16 + 8, 16 + 12), new Float32Array(4), 'probabilities');
  });

  it('give nothing to a token that a bias hides', () => {
    const { q, k, offsets } = make({ heads: 1, width: 8, lengths: [3] });
    const bias = Tensor.from(Float32Array.of(0, -infinity, 0, 0, -infinity, 0, 0, -infinity, 0), { shape: [1, 3, 3] });
    const probs = attentionProbs(q, k, offsets, { heads: 1, bias }).toFloat32Array();
    expectSame([probs[1]!, probs[4]!, probs[7]!], [0, 0, 0]);
  });

  it('keep a NaN in its own row, head and sequence', () => {
    const { q, k, v, offsets, options } = make({ heads: 2, width: 8, lengths: [3, 4] });
    const sound = attention(q, k, v, offsets, options).toFloat32Array();
    const broken = q.toFloat32Array();
    broken[4 * 16 + 9] = Number.NaN;
    const y = attention(Tensor.from(broken, { shape: [7, 16] }), k, v, offsets, options).toFloat32Array();
    const row = 4 * 16 + 8;
    expectSame(y.slice(row, row + 8), new Float32Array(8).fill(Number.NaN), 'the row and head');
    expectSame(y.slice(0, row), sound.slice(0, row), 'before');
    expectSame(y.slice(row + 8), sound.slice(row + 8), 'after');
  });

  it('share the values where scores are huge and equal', () => {
    const big = Tensor.from(new Float32Array(2 * 4).fill(1e10), { shape: [2, 4] });
    const v = Tensor.from([
      [1, 2, 3, 4],
      [3, 4, 5, 6],
    ]);
    const y = attention(big, big, v, Tensor.from(Int32Array.of(0, 2)), { heads: 1 });
    expect(y.toList()).toEqual([
      [2, 3, 4, 5],
      [2, 3, 4, 5],
    ]);
  });
});

describe('offsets and bias that do not fit', () => {
  const x = Tensor.zeros([4, 6]);
  const run = (offsets: number[], options: AttentionOptions = { heads: 2 }) =>
    attention(x, x, x, Tensor.from(Int32Array.from(offsets)), options);

  it.each([
    ['empty', [], /offsets/],
    ['not from 0', [1, 4], /attention: offsets must begin with 0, got 1/],
    ['falling', [0, 3, 2, 4], /attention: offsets must never fall, got 3 then 2/],
    ['short of N', [0, 3], /attention: offsets must end with the number of rows, 4, got 3/],
    ['beyond N', [0, 5], /attention: offsets must end with the number of rows, 4, got 5/],
    ['negative', [0, -4], /offsets/],
    ['only the 0', [0], /attention: offsets must end with the number of rows, 4, got 0/],
  ])('%s', (_, offsets, message) => expect(() => run(offsets)).toThrow(message));

  it('reports them for the probabilities too', () => {
    expect(() => attentionProbs(x, x, Tensor.from(Int32Array.of(0, 3)), { heads: 1 })).toThrow(/offsets/);
    expect(() => attentionProbs(x, x, Tensor.from(new Int32Array(0)), { heads: 1 })).toThrow(/offsets/);
    expect(() => attentionProbs(x, x, Tensor.from(Int32Array.of(0, -70000)), { heads: 1 })).toThrow(/offsets/);
  });

  it.each([
    ['more than there are tokens', [5]],
    ['none', [0]],
    ['fewer than none', [-1]],
  ])('keys: %s', (_, keys) => {
    const options = { heads: 2, keys: Tensor.from(Int32Array.from(keys)) };
    expect(() => run([0, 4], options)).toThrow(/sequence 0 has 4 tokens, its number of keys must be from 1 to that/);
    expect(() => attentionProbs(x, x, Tensor.from(Int32Array.of(0, 4)), options)).toThrow(/number of keys/);
  });

  it('keys of other sequences, and with causal', () => {
    const keys = Tensor.from(Int32Array.of(1, 1));
    expect(() => run([0, 4], { heads: 2, keys })).toThrow(/keys \[S\] = \[1\]/);
    expect(() => run([0, 2, 4], { heads: 2, keys, causal: true })).toThrow(/either keys or causal, got both/);
  });

  it('a bias shorter than the longest sequence', () => {
    const options = { heads: 2, bias: Tensor.zeros([2, 2, 2]) };
    expect(() => run([0, 3, 4], options)).toThrow(/a sequence has 3 tokens, but bias reaches only 2/);
    expect(() => attentionProbs(x, x, Tensor.from(Int32Array.of(0, 3, 4)), options)).toThrow(/reaches only 2/);
  });
});
