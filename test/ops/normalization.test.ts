import { describe, it } from 'vitest';
import { l2Normalize, layerNorm, rmsNorm } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose, expectSame, rounding } from '../reference/closeness.js';
import { Random } from '../reference/random.js';
import * as reference from '../reference/rows.js';
import { sizes } from './sizes.js';

const rows = 3;
/** Results are near 1: a few roundings each in mean, deviation, quotient, factor and sum. */
const tolerance = 12 * rounding;

function operands(d: number) {
  const random = new Random(d + 1);
  return { x: random.normals(rows * d, 2), gamma: random.normals(d), beta: random.normals(d) };
}
const matrix = (x: Float32Array, d: number) => Tensor.from(x, { shape: [x.length / Math.max(d, 1), d] });
/** Relative to the result, but for results that cancel to near 0. */
const near = (expected: Float64Array) => (i: number) => tolerance * Math.max(1, Math.abs(expected[i]!));

describe('layerNorm', () => {
  it.each(sizes)('is its formula over %i', (d) => {
    const { x, gamma, beta } = operands(d);
    const expected = reference.layerNorm(x, gamma, beta, d, 1e-5);
    const y = layerNorm(matrix(x, d), Tensor.from(gamma), Tensor.from(beta), 1e-5);
    expectClose(y.toFloat32Array(), expected, near(expected));
  });

  it('keeps its precision where the mean is large', () => {
    // The inputs themselves are multiples of 2^-7, which f32 holds exactly beside 1000.
    const x = Float32Array.from({ length: 384 }, (_, i) => 1000 + ((i * 37) % 128) / 128);
    const [gamma, beta] = [new Float32Array(384).fill(1), new Float32Array(384)];
    const y = layerNorm(matrix(x, 384), Tensor.from(gamma), Tensor.from(beta), 1e-12);
    // The mean is rounded to 2^-15 at 1000, a tenth of a thousandth of the deviation 0.29.
    expectClose(y.toFloat32Array(), reference.layerNorm(x, gamma, beta, 384, 1e-12), 4 * 2 ** -15);
  });

  it('gives beta for a constant row', () => {
    const beta = new Random(9).normals(21);
    const y = layerNorm(Tensor.from(new Float32Array(21).fill(3)), Tensor.from(beta), Tensor.from(beta), 1e-5);
    expectSame(y.toFloat32Array(), beta);
  });

  it('makes a row with a NaN or an infinity NaN, and no other', () => {
    const { x, gamma, beta } = operands(19);
    const sound = layerNorm(matrix(x, 19), Tensor.from(gamma), Tensor.from(beta), 1e-5).toFloat32Array();
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const broken = x.slice();
      broken[19 + 18] = odd;
      const y = layerNorm(matrix(broken, 19), Tensor.from(gamma), Tensor.from(beta), 1e-5).toFloat32Array();
      expectSame(y.slice(0, 19), sound.slice(0, 19), 'row 0');
      expectSame(y.slice(19, 38), new Float32Array(19).fill(Number.NaN), 'row 1');
      expectSame(y.slice(38), sound.slice(38), 'row 2');
    }
  });

  it('normalises the last axis of any number of axes', () => {
    const { x, gamma, beta } = operands(12);
    const flat = layerNorm(matrix(x, 12), Tensor.from(gamma), Tensor.from(beta), 1e-5);
    const deep = Tensor.from(x, { shape: [3, 1, 1, 12] });
    expectSame(layerNorm(deep, Tensor.from(gamma), Tensor.from(beta), 1e-5).toFloat32Array(), flat.toFloat32Array());
  });
});

describe('rmsNorm', () => {
  it.each(sizes)('is its formula over %i', (d) => {
    const { x, gamma } = operands(d);
    const expected = reference.rmsNorm(x, gamma, d, 1e-6);
    expectClose(rmsNorm(matrix(x, d), Tensor.from(gamma), 1e-6).toFloat32Array(), expected, near(expected));
  });

  it('gives zeros for a row of zeros', () => {
    const gamma = Tensor.from(new Float32Array(9).fill(1));
    expectSame(rmsNorm(Tensor.zeros([9]), gamma, 1e-6).toFloat32Array(), new Float32Array(9));
  });
});

describe('l2Normalize', () => {
  it.each(sizes)('is its formula over %i', (d) => {
    const { x } = operands(d);
    expectClose(l2Normalize(matrix(x, d)).toFloat32Array(), reference.l2Normalize(x, d, 1e-12), 4 * rounding);
  });

  it('divides by eps where the norm is smaller', () => {
    const x = Float32Array.of(3e-7, -4e-7, 0);
    expectClose(
      l2Normalize(Tensor.from(x), 1e-3).toFloat32Array(),
      reference.l2Normalize(x, 3, 1e-3),
      (i) => 2 * rounding * Math.abs(x[i]! * 1e3),
    );
    expectSame(l2Normalize(Tensor.zeros([5])).toFloat32Array(), new Float32Array(5));
  });

  it('keeps NaN', () => {
    const y = l2Normalize(
      Tensor.from([
        [Number.NaN, 1],
        [3, 4],
      ]),
    ).toFloat32Array();
    expectSame(y.slice(0, 2), [Number.NaN, Number.NaN]);
    expectClose(y.slice(2), [0.6, 0.8], rounding);
  });
});
