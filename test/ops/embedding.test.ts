import { describe, expect, it } from 'vitest';
import { convert, embedding } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectSame } from '../reference/closeness.js';
import { halves } from '../reference/half.js';
import * as reference from '../reference/products.js';
import { Random } from '../reference/random.js';
import { sizes } from './sizes.js';

// Rows are copied or widened, which is exact: equal to the bit.
describe('embedding', () => {
  it.each(sizes)('reads rows of %i', (d) => {
    const random = new Random(d);
    const table = random.normals(11 * d);
    const ids = random.integers(23, 11);
    const rows = embedding(Tensor.from(table, { shape: [11, d] }), Tensor.from(ids));
    expect(rows.shape).toEqual([23, d]);
    expectSame(rows.toFloat32Array(), Float32Array.from(reference.embedding(table, ids, d)));
  });

  it.each([0, 1, 2, 3, 300])('reads %i ids, i32 and i64', (count) => {
    const random = new Random(count);
    const table = random.normals(7 * 5);
    const ids = random.integers(count, 7);
    const wide = BigInt64Array.from(ids, BigInt);
    const expected = Float32Array.from(reference.embedding(table, ids, 5));
    const weight = Tensor.from(table, { shape: [7, 5] });
    expectSame(embedding(weight, Tensor.from(ids)).toFloat32Array(), expected);
    expectSame(embedding(weight, Tensor.from(wide)).toFloat32Array(), expected, 'i64');
  });

  it.each(['f16', 'bf16'] as const)('widens %s', (dtype) => {
    const bits = halves(new Random(4).normals(6 * 33), dtype);
    bits.set([0, 0x8000, 0x0001, 0x7fff, 0x7f80, 0x7c00, 0xfc00, 0xff80]);
    const table = Tensor.from(bits, { dtype, shape: [6, 33] });
    const ids = Tensor.from(Int32Array.of(5, 0, 0, 3));
    expectSame(embedding(table, ids).toFloat32Array(), embedding(convert(table, 'f32'), ids).toFloat32Array());
  });

  it.each([
    [Int32Array.of(0, 1, 4), 'id 4 at position 2'],
    [Int32Array.of(-1, 0), 'id -1 at position 0'],
    [BigInt64Array.of(0n, 2n ** 32n), 'id 4294967296 at position 1'],
    [BigInt64Array.of(0n, 0n, -(2n ** 63n)), 'id -9223372036854775808 at position 2'],
  ])('refuses ids outside the table: %s', (ids, message) => {
    expect(() => embedding(Tensor.zeros([4, 3]), Tensor.from(ids))).toThrow(message);
    expect(() => embedding(Tensor.zeros([4, 3]), Tensor.from(ids))).toThrow(/4 rows/);
  });

  it('refuses any id where the table is empty', () => {
    expect(() => embedding(Tensor.zeros([0, 3]), Tensor.from(Int32Array.of(0)))).toThrow(/id 0 at position 0/);
  });
});
