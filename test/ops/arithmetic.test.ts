import { describe, expect, it } from 'vitest';
import { add, mul } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectSame } from '../reference/closeness.js';
import { broadcast } from '../reference/products.js';
import { Random } from '../reference/random.js';
import { oddValues, sizes } from './sizes.js';

// One rounding of an exact float64 result: equal to the bit.
describe.each([
  ['add', add, (x: number, y: number) => x + y],
  ['mul', mul, (x: number, y: number) => x * y],
] as const)('%s', (_, op, formula) => {
  function check(a: Float32Array, aShape: number[], b: Float32Array, bShape: number[]): void {
    const result = op(Tensor.from(a, { shape: aShape }), Tensor.from(b, { shape: bShape }));
    expect(result.shape).toEqual(aShape);
    expectSame(result.toFloat32Array(), Float32Array.from(broadcast(a, b, formula)));
  }

  it.each(sizes)('takes equal shapes of %i', (size) => {
    const random = new Random(size);
    check(random.normals(size), [size], random.normals(size), [size]);
  });

  it.each(sizes)('repeats [%i] along three rows', (size) => {
    const random = new Random(size);
    check(random.normals(3 * size), [3, size], random.normals(size), [size]);
  });

  it('repeats a matrix along leading axes', () => {
    const random = new Random(5);
    check(random.normals(2 * 3 * 4 * 5), [2, 3, 4, 5], random.normals(20), [4, 5]);
    check(random.normals(2 * 3 * 1 * 7), [2, 3, 1, 7], random.normals(21), [3, 1, 7]);
  });

  it('takes a large matrix, which several threads share', () => {
    const random = new Random(6);
    check(random.normals(200 * 1537), [200, 1537], random.normals(1537), [1537]);
  });

  it('takes NaN, infinities and denormals against each other', () => {
    const n = oddValues.length;
    const a = Float32Array.from({ length: n * n }, (_, i) => oddValues[Math.floor(i / n)]!);
    check(a, [n, n], oddValues, [n]);
  });

  it('takes the same tensor twice', () => {
    const x = Tensor.from([1, 2, 3]);
    expect(op(x, x).toList()).toEqual([formula(1, 1), formula(2, 2), formula(3, 3)]);
  });

  it('takes two scalars', () => check(Float32Array.of(3), [], Float32Array.of(10), []));
});
