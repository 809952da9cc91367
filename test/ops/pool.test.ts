import { describe, expect, it } from 'vitest';
import { type PoolMode, pool, poolModes } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose, expectSame, rounding } from '../reference/closeness.js';
import * as reference from '../reference/pool.js';
import { Random } from '../reference/random.js';
import { sizes } from './sizes.js';

const bounds = Int32Array.of(0, 3, 3, 4, 21, 23);
const copies: readonly PoolMode[] = ['cls', 'last', 'max'];

/** Copies and maxima are exact; sums of up to 17 terms near 1 have that many roundings, then one quotient. */
function check(x: Float32Array, d: number, offsets: Int32Array, mode: PoolMode, start?: Int32Array): void {
  const matrix = Tensor.from(x, { shape: [offsets.at(-1)!, d] });
  const y = pool(matrix, Tensor.from(offsets), mode, start && Tensor.from(start));
  expect(y.shape).toEqual([offsets.length - 1, d]);
  const expected = reference.pool(x, d, offsets, mode, start);
  const magnitude = reference.pool(x.map(Math.abs), d, offsets, mode, start);
  const roundings = copies.includes(mode) ? 0 : 18;
  expectClose(y.toFloat32Array(), expected, (i) => roundings * rounding * magnitude[i]!);
}

describe.each(poolModes)('pool %s', (mode) => {
  it.each(sizes)('of %i columns', (d) => check(new Random(d).normals(23 * d), d, bounds, mode));

  it.each([
    ['nothing', [0, 0, 0, 0, 0]],
    ['one row', [1, 1, 1, 1, 1]],
    ['some rows', [2, 0, 0, 5, 1]],
    ['every row', [3, 0, 1, 17, 2]],
    ['more than there are', [4, 7, 1000, 2 ** 31 - 1, 3]],
  ])('leaving out %s', (_, start) => {
    for (const d of [1, 7, 33]) check(new Random(d).normals(23 * d), d, bounds, mode, Int32Array.from(start));
  });

  it.each([[[0]], [[0, 0]], [[0, 1]], [[0, 0, 2]], [[0, 2, 2]]])('of offsets %j', (offsets) => {
    const bound = Int32Array.from(offsets);
    check(new Random(1).normals(bound.at(-1)! * 5), 5, bound, mode);
  });

  it('of many sequences, which several threads share', () => {
    const offsets = Int32Array.from({ length: 301 }, (_, i) => 4 * i);
    check(new Random(3).normals(1200 * 64), 64, offsets, mode);
  });

  // Added one after another, 60,000 equal rows miss by 1e-3. Chains of 256, as here, by 1e-6.
  it('of very long sequences', () => {
    const [rows, d] = [60_000, 5];
    const x = Float32Array.from({ length: rows * d }, (_, i) => 0.1 * ((i % d) + 1));
    const offsets = Int32Array.of(0, rows);
    const y = pool(Tensor.from(x, { shape: [rows, d] }), Tensor.from(offsets), mode);
    const expected = reference.pool(x, d, offsets, mode);
    expectClose(y.toFloat32Array(), expected, (i) => 40 * rounding * Math.abs(expected[i]!));
  });

  it('keeps a NaN in its own sequence and column', () => {
    const x = new Random(2).normals(6 * 19);
    const sound = pool(Tensor.from(x, { shape: [6, 19] }), Tensor.from(Int32Array.of(0, 3, 6)), mode).toFloat32Array();
    for (const row of [3, 4, 5]) x[row * 19 + 17] = Number.NaN;
    const y = pool(Tensor.from(x, { shape: [6, 19] }), Tensor.from(Int32Array.of(0, 3, 6)), mode).toFloat32Array();
    sound[19 + 17] = Number.NaN;
    expectSame(y, sound);
  });

  it.each([
    ['not from 0', [1, 4], /pool: offsets must begin with 0/],
    ['falling', [0, 3, 2, 4], /pool: offsets must never fall/],
    ['short of N', [0, 3], /pool: offsets must end with the number of rows, 4, got 3/],
    ['beyond N', [0, 5], /pool: offsets must end with the number of rows, 4, got 5/],
  ])('refuses offsets %s', (_, offsets, message) => {
    expect(() => pool(Tensor.zeros([4, 3]), Tensor.from(Int32Array.from(offsets)), mode)).toThrow(message);
  });

  it('refuses a negative start', () => {
    const [offsets, start] = [Tensor.from(Int32Array.of(0, 2, 4)), Tensor.from(Int32Array.of(0, -1))];
    expect(() => pool(Tensor.zeros([4, 3]), offsets, mode, start)).toThrow(
      /start must not be negative, got -1 at sequence 1/,
    );
  });
});

describe.each(['mean', 'mean_sqrt_len'] as const)('pool %s with weights', (mode) => {
  it.each([undefined, Int32Array.of(0, 0, 1, 3, 9)])('leaving out %j', (start) => {
    for (const d of [1, 7, 16, 33]) {
      const random = new Random(d);
      const x = random.normals(23 * d);
      const weights = random.normals(23).map(Math.abs);
      const inputs = [Tensor.from(x, { shape: [23, d] }), Tensor.from(bounds)] as const;
      const w = Tensor.from(weights, { shape: [23, 1] });
      const y = pool(...inputs, mode, start && Tensor.from(start), w).toFloat32Array();
      const expected = reference.pool(x, d, bounds, mode, start, weights);
      const magnitude = reference.pool(x.map(Math.abs), d, bounds, mode, start, weights);
      // a product, 17 sums twice over, a root, a quotient
      expectClose(y, expected, (i) => 38 * rounding * magnitude[i]!);
    }
  });

  it('divides by no less than 1e-9', () => {
    const x = Tensor.from(Float32Array.of(1, 2), { shape: [2, 1] });
    const w = Tensor.from(Float32Array.of(0, -3), { shape: [2, 1] });
    const y = pool(x, Tensor.from(Int32Array.of(0, 1, 2)), mode, undefined, w).toFloat32Array();
    expect(y[0]).toBe(0);
    expect(y[1]! / (mode === 'mean' ? -6e9 : -6 / Math.sqrt(1e-9))).toBeCloseTo(1, 5);
  });

  it('refuses others', () => {
    const [x, offsets] = [Tensor.zeros([4, 3]), Tensor.from(Int32Array.of(0, 4))];
    expect(() => pool(x, offsets, mode, undefined, Tensor.zeros([4]))).toThrow(/weights/);
    expect(() => pool(x, offsets, 'max', undefined, Tensor.zeros([4, 1]))).toThrow(/modes mean and mean_sqrt_len/);
  });
});

describe('pool max', () => {
  it('finds a NaN wherever it stands', () => {
    for (const row of [0, 1, 2]) {
      const x = Float32Array.of(1, 2, 3);
      x[row] = Number.NaN;
      const y = pool(Tensor.from(x, { shape: [3, 1] }), Tensor.from(Int32Array.of(0, 3)), 'max');
      expect(y.toFloat32Array()[0]).toBeNaN();
    }
  });

  it('is not bounded below by what an empty sequence gives', () => {
    const y = pool(Tensor.from([[-3e38], [-2e38]]), Tensor.from(Int32Array.of(0, 2)), 'max');
    expectSame(y.toFloat32Array(), Float32Array.of(-2e38));
  });
});
