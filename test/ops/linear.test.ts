import { describe, expect, it } from 'vitest';
import { convert, linear } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose, expectSame, rounding } from '../reference/closeness.js';
import { halves } from '../reference/half.js';
import * as reference from '../reference/products.js';
import { Random } from '../reference/random.js';

/**
 * Tolerance: roundings of a chain of k additions, against the sum of the terms' magnitudes. They wander as √k and partial
 * sums are √k smaller than that sum, so a few roundings of it are ample, and one lost term of 3072 is far outside.
 */
const allowedRoundings = 4;

/** Whether f32 is multiplied in parts of bf16, which is only done on request. */
const inParts = process.env.VECTRAL_ISA === 'amx_split';

function check(m: number, n: number, k: number, withBias = true): void {
  const random = new Random(m * 1_000_003 + n * 1009 + k);
  const x = random.normals(m * k);
  const w = random.normals(n * k);
  const b = withBias ? random.normals(n) : undefined;
  const y = linear(Tensor.from(x, { shape: [m, k] }), Tensor.from(w, { shape: [n, k] }), b && Tensor.from(b));
  expect(y.shape).toEqual([m, n]);
  const magnitude = reference.linear(x.map(Math.abs), w.map(Math.abs), b?.map(Math.abs), m, n, k);
  expectClose(
    y.toFloat32Array(),
    reference.linear(x, w, b, m, n, k),
    (i) => allowedRoundings * rounding * magnitude[i]!,
  );
}

describe('linear', () => {
  it.each([...Array(18).keys(), 64, 129])('takes %i rows', (m) => {
    check(m, 33, 19);
    check(m, 48, 64, false);
  });

  it.each([0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 49, 63, 64, 65, 96, 97, 129])('makes %i columns', (n) => {
    check(5, n, 13);
    check(1, n, 40, false);
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 65, 384])('sums over %i', (k) => {
    check(3, 21, k);
    check(6, 16, k, false);
  });

  it('takes the sizes of real models', () => {
    check(7, 1536, 384);
    check(7, 384, 1536);
    check(2, 768, 3072);
  });

  it('applies to the last axis of any number of axes', () => {
    const random = new Random(1);
    const [x, w] = [random.normals(24), random.normals(12)];
    const weight = Tensor.from(w, { shape: [3, 4] });
    const flat = linear(Tensor.from(x, { shape: [6, 4] }), weight);
    const deep = linear(Tensor.from(x, { shape: [2, 1, 3, 4] }), weight);
    expect(deep.shape).toEqual([2, 1, 3, 3]);
    expectSame(deep.toFloat32Array(), flat.toFloat32Array());
    expectSame(
      linear(Tensor.from(x.slice(0, 4)), weight).toFloat32Array(),
      flat.toFloat32Array().slice(0, 3),
      'a vector',
    );
  });

  it('gives zeros, or the bias, where it sums over nothing', () => {
    const weight = Tensor.zeros([3, 0]);
    expect(linear(Tensor.zeros([2, 0]), weight).toArray()).toEqual(new Float32Array(6));
    expect(linear(Tensor.zeros([1, 0]), weight, Tensor.from([1, 2, 3])).toList()).toEqual([[1, 2, 3]]);
  });

  // in parts of bf16 an infinity leaves infinity - infinity as its rest
  it.skipIf(inParts)('lets NaN and infinity reach their own row and column only', () => {
    const x = new Float32Array(5 * 7).fill(1);
    const w = new Float32Array(20 * 7).fill(1);
    x[2 * 7 + 3] = Number.NaN;
    w[11 * 7 + 6] = Number.POSITIVE_INFINITY;
    const y = linear(Tensor.from(x, { shape: [5, 7] }), Tensor.from(w, { shape: [20, 7] })).toFloat32Array();
    expectSame(y, Float32Array.from(reference.linear(x, w, undefined, 5, 20, 7)));
  });

  it('gives a row the same bits alone and in any batch', () => {
    const random = new Random(2);
    const [m, n, k] = [129, 100, 96];
    const x = random.normals(m * k);
    const weight = Tensor.from(random.normals(n * k), { shape: [n, k] });
    const bias = Tensor.from(random.normals(n));
    const all = linear(Tensor.from(x, { shape: [m, k] }), weight, bias).toFloat32Array();
    for (const [begin, end] of [
      [0, 1],
      [17, 18],
      [128, 129],
      [3, 11],
      [60, 129],
    ] as const) {
      const rows = Tensor.from(x.slice(begin * k, end * k), { shape: [end - begin, k] });
      expectSame(linear(rows, weight, bias).toFloat32Array(), all.slice(begin * n, end * n), `rows ${begin} to ${end}`);
    }
  });
});

describe.each(['f16', 'bf16'] as const)('linear with %s weights', (dtype) => {
  it.each([
    [1, 1, 1],
    [2, 17, 5],
    [9, 64, 33],
    [17, 96, 384],
    [3, 1536, 384],
  ])('equals widening first, to the bit: %i rows, %i columns, over %i', (m, n, k) => {
    const random = new Random(n);
    const x = Tensor.from(random.normals(m * k), { shape: [m, k] });
    const weight = Tensor.from(halves(random.normals(n * k), dtype), { dtype, shape: [n, k] });
    const bias = Tensor.from(random.normals(n));
    const wide = linear(x, convert(weight, 'f32'), bias);
    expectSame(linear(x, weight, bias).toFloat32Array(), wide.toFloat32Array());
  });

  // tile registers take denormals for zero
  it.skipIf(inParts)('keeps denormal, infinite and NaN weights', () => {
    const bits = Uint16Array.of(0x0001, 0x8001, dtype === 'f16' ? 0x7c00 : 0x7f80, 0x7fff, 0x8000);
    const weight = Tensor.from(bits, { dtype, shape: [5, 1] });
    const x = Tensor.from([[1024]]);
    expectSame(linear(x, weight).toFloat32Array(), linear(x, convert(weight, 'f32')).toFloat32Array());
    expect(linear(x, weight).toFloat32Array()[0]).toBe(dtype === 'f16' ? 1024 * 2 ** -24 : 1024 * 2 ** -133);
  });
});
