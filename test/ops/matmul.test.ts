import { describe, expect, it } from 'vitest';
import { matmul } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectClose, expectSame, rounding } from '../reference/closeness.js';
import * as reference from '../reference/products.js';
import { Random } from '../reference/random.js';

/** Roundings allowed of the sum of the terms' magnitudes; linear.test.ts says why. */
const allowedRoundings = 4;

function check(batch: number, m: number, n: number, k: number, shared: boolean): void {
  const random = new Random(batch + m * 131 + n * 17 + k);
  const a = random.normals(batch * m * k);
  const b = random.normals((shared ? 1 : batch) * k * n);
  const y = matmul(
    Tensor.from(a, { shape: [batch, m, k] }),
    Tensor.from(b, { shape: shared ? [k, n] : [batch, k, n] }),
  );
  expect(y.shape).toEqual([batch, m, n]);
  const magnitude = reference.matmul(a.map(Math.abs), b.map(Math.abs), batch, m, n, k);
  expectClose(
    y.toFloat32Array(),
    reference.matmul(a, b, batch, m, n, k),
    (i) => allowedRoundings * rounding * magnitude[i]!,
  );
}

describe('matmul', () => {
  const extents = [0, 1, 2, 3, 8, 15, 16, 17, 33];
  it.each(extents)('takes %i rows', (m) => check(2, m, 9, 5, false));
  it.each([...extents, 64, 97])('makes %i columns', (n) => check(2, 3, n, 6, false));
  it.each([...extents, 384])('sums over %i', (k) => check(2, 4, 18, k, false));
  it.each([0, 1, 2, 5])('takes %i matrices against one', (batch) => check(batch, 6, 20, 7, true));
  it('takes a large product, which several threads share', () => check(3, 65, 130, 96, false));

  it('takes two plain matrices, and many leading axes', () => {
    const a = Tensor.from([
      [1, 2],
      [3, 4],
    ]);
    const b = Tensor.from([
      [5, 6],
      [7, 8],
    ]);
    expect(matmul(a, b).toList()).toEqual([
      [19, 22],
      [43, 50],
    ]);
    const random = new Random(3);
    const x = random.normals(2 * 3 * 4 * 5);
    const y = random.normals(2 * 3 * 5 * 2);
    const flat = matmul(Tensor.from(x, { shape: [6, 4, 5] }), Tensor.from(y, { shape: [6, 5, 2] }));
    const deep = matmul(Tensor.from(x, { shape: [2, 3, 4, 5] }), Tensor.from(y, { shape: [2, 3, 5, 2] }));
    expect(deep.shape).toEqual([2, 3, 4, 2]);
    expectSame(deep.toFloat32Array(), flat.toFloat32Array());
  });
});
