import { describe, expect, it } from 'vitest';
import { softmax } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose, expectSame, rounding } from '../reference/closeness.js';
import { Random } from '../reference/random.js';
import * as reference from '../reference/rows.js';
import { sizes } from './sizes.js';

/**
 * Relative to each value: exp to 2 ulp, x − max to half an ulp of up to 2⁴, the quotient; and the sum, whose roundings
 * wander as √d where one lane adds all d terms (3.5e-6 measured for scalar at 1536).
 */
const relativeOver = (d: number) => 2e-6 + 2 * Math.sqrt(d) * rounding;
const smallestNormal = 2 ** -126;
const infinity = Number.POSITIVE_INFINITY;

function check(x: Float32Array, d: number): void {
  const expected = reference.softmax(x, d);
  const y = softmax(Tensor.from(x, { shape: [x.length / Math.max(d, 1), d] })).toFloat32Array();
  expectClose(y, expected, (i) => relativeOver(d) * expected[i]! + smallestNormal);
}

describe('softmax', () => {
  it.each(sizes)('is its formula over %i', (d) => check(new Random(d).normals(3 * d, 4), d));

  it.each([1, 5, 16, 19, 64])('gives zeros for a row of -Infinity, over %i', (d) => {
    const x = new Random(d).normals(3 * d);
    x.fill(-infinity, d, 2 * d);
    check(x, d);
    expectSame(softmax(Tensor.from(x.slice(d, 2 * d))).toFloat32Array(), new Float32Array(d));
  });

  it('does not overflow, whatever the offset', () => {
    check(Float32Array.of(3e38, 3e38, -3e38), 3);
    check(Float32Array.of(1000, 1001, 999, -1000), 4);
    check(Float32Array.of(-3e38, -3e38), 2);
  });

  it('gives single entries of -Infinity nothing', () => {
    const x = new Random(7).normals(37);
    for (const i of [0, 3, 20, 36]) x[i] = -infinity;
    check(x, 37);
    expect([...softmax(Tensor.from(x)).toFloat32Array()].filter((p) => p === 0)).toHaveLength(4);
  });

  it.each([Number.NaN, infinity])('makes a row with %s NaN, and no other', (odd) => {
    for (let at = 0; at < 21; at++) {
      const x = new Random(at).normals(2 * 21);
      x[at] = odd;
      const y = softmax(Tensor.from(x, { shape: [2, 21] })).toFloat32Array();
      expect(y.slice(0, 21).some(Number.isNaN), `NaN for position ${at}`).toBe(true);
      expectClose(y.slice(21), reference.softmax(x.slice(21), 21), relativeOver(21));
    }
  });

  it('makes a NaN among -Infinity visible', () => {
    const x = new Float32Array(18).fill(-infinity);
    x[17] = Number.NaN;
    expect(softmax(Tensor.from(x)).toFloat32Array()[17]).toBeNaN();
  });

  it('sums to 1', () => {
    const y = softmax(Tensor.from(new Random(8).normals(1001, 10))).toFloat32Array();
    expect(y.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
  });
});
