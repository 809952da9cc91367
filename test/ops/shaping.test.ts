import { describe, expect, it } from 'vitest';
import { concat, positions, reshape, slice, transpose, unfold } from '../../src/ops/index.js';
import { arrayFor, type DType, dtypes } from '../../src/tensor/dtype.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectSame } from '../reference/closeness.js';
import * as reference from '../reference/shaping.js';

/** 0, 1, 2 … in any element type, so that every element tells where it came from (i8 has room for 128 of them). */
function counting(shape: readonly number[], dtype: DType = 'f32', from = 0): Tensor {
  const data = arrayFor(
    dtype,
    shape.reduce((product, dim) => product * dim, 1),
  );
  for (let i = 0; i < data.length; i++) data[i] = data instanceof BigInt64Array ? BigInt(i + from) : i + from;
  return Tensor.from(data, { dtype, shape });
}
const numbers = (x: Tensor) => Array.from(x.toArray() as ArrayLike<number | bigint>, Number);
const shapes = [[7], [3, 5], [2, 3, 4], [2, 1, 3, 2], [2, 2, 1, 3, 2], [1, 2, 2, 2, 1, 3], [4, 0], [0, 3], [2, 0, 3]];

describe('slice', () => {
  it.each(shapes.map((shape) => [shape] as const))('takes any part of any axis of %j', (shape) => {
    const x = counting(shape);
    shape.forEach((length, axis) => {
      for (let begin = 0; begin <= length; begin++) {
        for (let end = begin; end <= length; end++) {
          const y = slice(x, axis, begin, end);
          expect(y.shape).toEqual(shape.map((dim, a) => (a === axis ? end - begin : dim)));
          expectSame(numbers(y), reference.slice(numbers(x), shape, axis, begin, end), `axis ${axis} ${begin}..${end}`);
        }
      }
    });
  });

  it.each(dtypes)('takes %s', (dtype) => {
    const x = counting([4, 6], dtype);
    const y = slice(x, 1, 1, 4);
    expect(y.dtype).toBe(dtype);
    expectSame(numbers(y), reference.slice(numbers(x), [4, 6], 1, 1, 4));
    expectSame(numbers(slice(x, 0, 2, 3)), [12, 13, 14, 15, 16, 17]);
  });

  it('counts negative bounds from the end', () => {
    expect(slice(counting([5]), 0, -3, -1).toList()).toEqual([2, 3]);
    expect(slice(counting([5]), 0, -5, 5).toList()).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('concat', () => {
  it.each(shapes.map((shape) => [shape] as const))('joins along any axis of %j', (shape) => {
    shape.forEach((_, axis) => {
      const parts = [2, 0, 1, 3].map((length, i) => {
        const own = shape.map((dim, a) => (a === axis ? length : dim));
        return { tensor: counting(own, 'f32', 1000 * i), shape: own };
      });
      const y = concat(
        parts.map((part) => part.tensor),
        axis,
      );
      const expected = reference.concat(
        parts.map((part) => ({ data: numbers(part.tensor), shape: part.shape })),
        axis,
      );
      expect(y.shape[axis]).toBe(6);
      expectSame(numbers(y), expected, `axis ${axis}`);
    });
  });

  it.each(dtypes)('takes %s, one tensor, and the same tensor twice', (dtype) => {
    const x = counting([2, 3], dtype);
    expect(concat([x], 0).toArray()).toEqual(x.toArray());
    const twice = concat([x, x], 1);
    expect(twice.dtype).toBe(dtype);
    expectSame(numbers(twice), [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]);
  });

  it('joins many', () => {
    const parts = Array.from({ length: 300 }, (_, i) => counting([1, 2], 'i32', i));
    expectSame(
      numbers(concat(parts, 0)),
      Array.from({ length: 600 }, (_, i) => (i >> 1) + (i & 1)),
    );
  });
});

describe('transpose', () => {
  function orders(axes: readonly number[]): number[][] {
    if (axes.length === 0) return [[]];
    return axes.flatMap((axis) => orders(axes.filter((other) => other !== axis)).map((rest) => [axis, ...rest]));
  }

  it.each([...shapes, [1, 1], [17, 9], [3, 64]].map((shape) => [shape] as const))('takes %j in any order', (shape) => {
    const x = counting(shape);
    const every = orders(shape.map((_, axis) => axis));
    for (const order of every.length > 30 ? every.filter((_, i) => i % 31 === 0) : every) {
      const y = transpose(x, order);
      expect(y.shape).toEqual(order.map((axis) => shape[axis]));
      expectSame(numbers(y), reference.transpose(numbers(x), shape, order), `order ${order}`);
    }
  });

  it.each(dtypes)('takes %s', (dtype) => {
    const y = transpose(counting([2, 3], dtype));
    expect(y.dtype).toBe(dtype);
    expectSame(numbers(y), [0, 3, 1, 4, 2, 5]);
  });

  it('exchanges the last two axes where no order is given', () => {
    expect(transpose(counting([2, 3, 4])).shape).toEqual([2, 4, 3]);
    expect(transpose(counting([3])).toList()).toEqual([0, 1, 2]);
    expect(transpose(Tensor.from(5)).toList()).toBe(5);
  });
});

describe('reshape', () => {
  it('keeps the elements and their order', () => {
    const x = counting([2, 6]);
    expect(reshape(x, [3, 4]).toList()).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
    expect(reshape(x, ['auto', 2]).shape).toEqual([6, 2]);
    expect(reshape(x, [12]).shape).toEqual([12]);
    expect(reshape(x, [1, 2, 1, 3, 2, 1]).shape).toEqual([1, 2, 1, 3, 2, 1]);
    expect(reshape(Tensor.from([5]), []).toList()).toBe(5);
    expect(reshape(Tensor.zeros([0, 3]), ['auto', 3]).shape).toEqual([0, 3]);
    expect(reshape(Tensor.zeros([0, 3]), [7, 0]).shape).toEqual([7, 0]);
    expect(reshape(Tensor.zeros([0, 12]), [0, 'auto', 2]).shape).toEqual([0, 6, 2]);
  });

  it('stays valid when the tensor it came from is disposed', () => {
    const x = counting([4]);
    const y = reshape(x, [2, 2]);
    x.dispose();
    expect(y.toList()).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});

describe('positions', () => {
  it.each([[[0]], [[0, 0]], [[0, 1]], [[0, 3, 3, 5]], [[0, 0, 1, 18, 20]], [[0, 500, 501]]])('of %j', (offsets) => {
    const y = positions(Tensor.from(Int32Array.from(offsets)));
    expect(y.dtype).toBe('i32');
    expectSame(numbers(y), reference.positions(offsets));
  });

  it.each([
    ['empty', [], /offsets/],
    ['not from 0', [1, 4], /positions: offsets must begin with 0/],
    ['falling', [0, 3, 2, 4], /positions: offsets must never fall/],
    ['negative', [0, -1], /offsets/],
  ])('refuses offsets %s', (_, offsets, message) => {
    expect(() => positions(Tensor.from(Int32Array.from(offsets)))).toThrow(message);
  });
});

describe('positions by ids', () => {
  it.each([
    [
      [0, 4],
      [5, 6, 7, 8],
    ],
    [
      [0, 3, 3, 8],
      [1, 5, 1, 9, 1, 1, 4, 2],
    ],
    [[0, 0], []],
  ])('of %j with ids %j', (offsets, ids) => {
    const inputIds = Tensor.from(Int32Array.from(ids));
    const y = positions(Tensor.from(Int32Array.from(offsets)), { inputIds, padding: 1 });
    expectSame(numbers(y), reference.positionsOfIds(offsets, ids, 1));
  });

  it('refuses ids of another number, and a padding that is no id', () => {
    const [offsets, inputIds] = [Tensor.from(Int32Array.of(0, 3)), Tensor.from(Int32Array.of(1, 2))];
    expect(() => positions(offsets, { inputIds, padding: 1 })).toThrow(/inputIds \[N\] = \[3\]/);
    const whole = Tensor.from(Int32Array.of(1, 2, 3));
    expect(() => positions(offsets, { inputIds: whole, padding: -1 })).toThrow(/padding as an id from 0/);
  });
});

describe('unfold', () => {
  it.each([1, 3, 5, 9])('of %i rows', (size) => {
    const offsets = [0, 1, 1, 4, 20];
    const x = Float32Array.from({ length: 20 * 3 }, (_, i) => i + 1);
    const y = unfold(Tensor.from(x, { shape: [20, 3] }), Tensor.from(Int32Array.from(offsets)), size);
    expect(y.shape).toEqual([20, 3 * size]);
    expectSame(numbers(y), reference.unfold(x, 3, offsets, size));
  });

  it('refuses an even size', () => {
    expect(() => unfold(Tensor.zeros([2, 2]), Tensor.from(Int32Array.of(0, 2)), 2)).toThrow(/odd size/);
  });
});
