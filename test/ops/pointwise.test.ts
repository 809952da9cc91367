import { describe, expect, it } from 'vitest';
import { type PointwiseFunction, pointwise, pointwiseFunctions } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose } from '../reference/closeness.js';
import { Random } from '../reference/random.js';
import { sizes } from './sizes.js';

/** As PyTorch documents them, in float64. Tolerance: one rounding to f32, and of what the formula here loses by cancellation. */
const formulas: Record<PointwiseFunction, (x: number) => number> = {
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  hardshrink: (x) => (x > 0.5 || x < -0.5 ? x : 0),
  hardsigmoid: (x) => (x <= -3 ? 0 : x >= 3 ? 1 : x / 6 + 0.5),
  hardswish: (x) => (x <= -3 ? 0 : x >= 3 ? x : (x * (x + 3)) / 6),
  hardtanh: (x) => Math.max(-1, Math.min(1, x)),
  leaky_relu: (x) => Math.max(0, x) + 0.01 * Math.min(0, x),
  log_sigmoid: (x) => (x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x))),
  mish: (x) => x * Math.tanh(x > 30 ? x : Math.log1p(Math.exp(x))),
  relu6: (x) => Math.min(Math.max(0, x), 6),
  rrelu: (x) => (x >= 0 ? x : (x * (1 / 8 + 1 / 3)) / 2),
  selu: (x) => 1.0507009873554805 * (Math.max(0, x) + Math.min(0, 1.6732632423543772 * Math.expm1(x))),
  softplus: (x) => (x > 20 ? x : Math.log1p(Math.exp(x))),
  softshrink: (x) => (x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0),
  softsign: (x) => x / (1 + Math.abs(x)),
  tanhshrink: (x) => x - Math.tanh(x),
};

describe.each(pointwiseFunctions)('%s', (name) => {
  const check = (values: Float32Array) => {
    const expected = Float64Array.from(values, formulas[name]);
    const allowed = (i: number) => 1e-7 * Math.abs(expected[i]!) + 1e-12;
    expectClose(pointwise(Tensor.from(values), name).toFloat32Array(), expected, allowed);
  };

  it('is its formula over a dense sweep', () =>
    check(Float32Array.from({ length: 20_001 }, (_, i) => (i - 10_000) / 100)));

  it.each(sizes)('takes %i elements', (size) => check(new Random(size).normals(size, 3)));

  it('keeps NaN, and the shape', () => {
    expect(pointwise(Tensor.from([Number.NaN, 1]), name).toFloat32Array()[0]).toBeNaN();
    expect(pointwise(Tensor.zeros([2, 3, 5]), name).shape).toEqual([2, 3, 5]);
  });
});

it('refuses another function', () => {
  expect(() => pointwise(Tensor.from([1]), 'cube' as 'elu')).toThrow(/a function of elu, hardshrink/);
});

it.each([
  ['elu', -1, 0],
  ['selu', -1.7580993408473766, 0],
  ['softsign', -1, 1],
  ['hardswish', 0, Infinity],
  ['mish', 0, Infinity],
  ['log_sigmoid', -Infinity, -0],
] as const)('%s has its limits', (name, left, right) => {
  const [a, b] = pointwise(
    Tensor.from([-Infinity, name === 'elu' || name === 'selu' ? 0 : Infinity]),
    name,
  ).toFloat32Array();
  expect([a, b]).toEqual([Math.fround(left), Math.fround(right)]);
});
