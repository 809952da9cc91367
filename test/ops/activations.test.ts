import { describe, expect, it } from 'vitest';
import { gelu, geluTanh, relu, sigmoid, silu, tanh } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import * as reference from '../reference/activations.js';
import { expectClose } from '../reference/closeness.js';
import { Random } from '../reference/random.js';
import { oddValues, sizes } from './sizes.js';

/**
 * Tolerance: `relative` to the result (measured at 5 ulp = 3e-7 for the quotients of exp, 1e-5 for the gelus, whose tails
 * are products of small factors), and `absolute` too, which is the stricter one wherever a result is not small. Results
 * below f32's normal numbers may be flushed: one smallest normal is always allowed.
 */
const cases = {
  gelu: { op: gelu, formula: reference.gelu, relative: 1e-5, absolute: 5e-7 },
  // The exponent 2u reaches -100 here, and its own rounding is magnified by that.
  geluTanh: { op: geluTanh, formula: reference.geluTanh, relative: 5e-5, absolute: 5e-7 },
  relu: { op: relu, formula: reference.relu, relative: 0, absolute: 0 },
  silu: { op: silu, formula: reference.silu, relative: 5e-7, absolute: Number.POSITIVE_INFINITY },
  tanh: { op: tanh, formula: reference.tanh, relative: 5e-7, absolute: Number.POSITIVE_INFINITY },
  sigmoid: { op: sigmoid, formula: reference.sigmoid, relative: 5e-7, absolute: Number.POSITIVE_INFINITY },
};
const smallestNormal = 2 ** -126;

describe.each(Object.entries(cases))('%s', (_, { op, formula, ...tolerance }) => {
  function check(values: Float32Array): void {
    const expected = Float64Array.from(values, formula);
    const allowed = (i: number) => {
      const size = Math.abs(expected[i]!);
      return Math.min(tolerance.relative * size, tolerance.absolute * Math.max(1, size)) + smallestNormal;
    };
    expectClose(op(Tensor.from(values)).toFloat32Array(), expected, allowed);
  }

  it('is its formula over a dense sweep', () => {
    check(Float32Array.from({ length: 20_001 }, (_, i) => (i - 10_000) / 500));
  });

  it('is its formula near zero and far out', () => {
    const powers = Array.from({ length: 250 }, (_, i) => 2 ** (i - 149));
    check(Float32Array.from([...powers, ...powers.map((x) => -x)]));
  });

  it.each(sizes)('takes %i elements', (size) => check(new Random(size).normals(size, 3)));

  it('takes NaN, infinities and denormals in every lane', () => {
    for (let shift = 0; shift < oddValues.length; shift++) {
      check(Float32Array.from(oddValues, (_, i) => oddValues[(i + shift) % oddValues.length]!));
    }
  });

  it('keeps the shape, scalars included', () => {
    expect(op(Tensor.from(0.5)).shape).toEqual([]);
    expect(op(Tensor.zeros([2, 3, 5])).shape).toEqual([2, 3, 5]);
    expect(op(Tensor.zeros([2, 0, 5])).toList()).toEqual([[], []]);
  });

  it('leaves its operand as it was', () => {
    const x = Tensor.from([-1, 2]);
    op(x);
    expect(x.toList()).toEqual([-1, 2]);
  });
});
