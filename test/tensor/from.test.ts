/** Making tensors: from lists and typed arrays, and what is refused. */
import { describe, expect, it } from 'vitest';
import { TensorError } from '../../src/errors.js';
import type { NativeArray } from '../../src/native.js';
import type { DType } from '../../src/tensor/dtype.js';
import { type NestedNumbers, Tensor } from '../../src/tensor/tensor.js';

describe('lists', () => {
  it.each([
    [5, []],
    [[], [0]],
    [[1, 2, 3], [3]],
    [
      [[1], [2]],
      [2, 1],
    ],
    [
      [[], []],
      [2, 0],
    ],
    [[[[[[[1, 2]]]]]], [1, 1, 1, 1, 1, 2]],
  ] as [NestedNumbers, number[]][])('%j has the shape of its nesting', (list, shape) => {
    const x = Tensor.from(list);
    expect(x.shape).toEqual(shape);
    expect(x.rank).toBe(shape.length);
    expect(x.dtype).toBe('f32');
    expect(x.toList()).toEqual(list);
  });

  it.each([
    ['a shorter row', [[1, 2], [3]], 'Tensor.from: expected nesting of [2,2], got a list of 1 at depth 1'],
    ['a longer row', [[1], [2, 3]], 'Tensor.from: expected nesting of [2,1], got a list of 2 at depth 1'],
    ['an empty row', [[1], []], 'a list of 0 at depth 1'],
    ['a number among lists', [[1], 2], 'Tensor.from: expected nesting of [2,1], got ragged lists'],
    ['a list among numbers', [1, [2]], 'Tensor.from: expected'],
    [
      'a deeper row',
      [
        [1, 2],
        [[3], [4]],
      ],
      'Tensor.from: expected',
    ],
    ['a deeper empty row', [[], [[]]], 'Tensor.from: expected nesting of [2,0]'],
  ] as [string, NestedNumbers, string][])('with %s are refused', (_, list, message) => {
    expect(() => Tensor.from(list)).toThrow(TensorError);
    expect(() => Tensor.from(list)).toThrow(message);
  });

  it.each([
    ['a string', 'abc'],
    ['a string in a list', ['1', '2']],
    ['null', null],
    ['null in a list', [null]],
    ['undefined in a list', [1, undefined]],
    ['an object', {}],
    ['bigints', [1n]],
  ])('with %s instead of numbers are refused', (_, list) => {
    expect(() => Tensor.from(list as never)).toThrow(TensorError);
  });

  it('become whole numbers on request, and nothing else does', () => {
    expect(Tensor.from([1, -2], { dtype: 'i32' }).toArray()).toEqual(Int32Array.of(1, -2));
    expect(Tensor.from([1, -2], { dtype: 'i64' }).toArray()).toEqual(BigInt64Array.of(1n, -2n));
    expect(Tensor.from([0.1], { dtype: 'f64' }).toArray()).toEqual(Float64Array.of(0.1));
    expect(Tensor.from([127, -128], { dtype: 'i8' }).toArray()).toEqual(Int8Array.of(127, -128));
    expect(() => Tensor.from([1.5], { dtype: 'i64' })).toThrow(TensorError);
    expect(() => Tensor.from([Number.NaN], { dtype: 'i32' })).toThrow(TensorError);
    expect(() => Tensor.from([128], { dtype: 'i8' })).toThrow(TensorError);
    expect(() => Tensor.from([2 ** 31], { dtype: 'i32' })).toThrow(TensorError);
  });

  it('do not become 16-bit floats', () => {
    expect(() => Tensor.from([1], { dtype: 'f16' })).toThrow('make an f32 tensor and convert() it');
  });

  it('take another shape of equal size', () => {
    expect(Tensor.from([1, 2, 3, 4], { shape: [2, 2] }).toList()).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

describe('typed arrays', () => {
  const kinds: readonly [DType, NativeArray][] = [
    ['f32', Float32Array.of(1.5, Number.NaN, -0, 2 ** -149, Number.NEGATIVE_INFINITY)],
    ['f64', Float64Array.of(1.5, 2 ** -1074, 1e308)],
    ['i8', Int8Array.of(-128, 127)],
    ['i32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1)],
    ['i64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
    ['f16', Uint16Array.of(0, 0x8000, 1, 0x7c00, 0x7e01, 0xffff)],
    ['bf16', Uint16Array.of(0, 0x8000, 1, 0x7f80, 0x7fc1, 0xffff)],
  ];

  it.each(kinds)('of %s come back bit for bit', (dtype, data) => {
    const x = Tensor.from(data, { dtype });
    expect(x.dtype).toBe(dtype);
    expect(x.shape).toEqual([data.length]);
    const back = x.toArray();
    expect(back.constructor).toBe(data.constructor);
    expect(Buffer.from(back.buffer, back.byteOffset, back.byteLength)).toEqual(
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    );
    if (dtype !== 'f16' && dtype !== 'bf16') expect(Tensor.from(data).dtype).toBe(dtype);
  });

  it('keep every NaN payload', () => {
    const bits = Uint32Array.of(0x7fc00001, 0x7f800001, 0xffc12345);
    const back = Tensor.from(new Float32Array(bits.buffer)).toFloat32Array();
    expect([...new Uint32Array(back.buffer, back.byteOffset, 3)]).toEqual([...bits]);
  });

  it('are copied, both ways', () => {
    const data = Float32Array.of(1, 2);
    const x = Tensor.from(data);
    data[0] = 9;
    expect(x.toList()).toEqual([1, 2]);
    x.toFloat32Array()[1] = 9;
    expect(x.toList()).toEqual([1, 2]);
  });

  it('may be part of a larger buffer, and empty', () => {
    const whole = Float32Array.of(0, 1, 2, 3, 4);
    expect(Tensor.from(whole.subarray(1, 4)).toList()).toEqual([1, 2, 3]);
    expect(Tensor.from(new Int32Array(0)).shape).toEqual([0]);
    expect(Tensor.from(new Float32Array(0), { shape: [3, 0, 2] }).toList()).toEqual([[], [], []]);
  });

  it.each([
    ['no type for Uint16Array', () => Tensor.from(Uint16Array.of(1)), 'dtype f16 or bf16 beside a Uint16Array'],
    ['another type', () => Tensor.from(Int32Array.of(1), { dtype: 'f32' }), 'Float32Array for f32, got Int32Array'],
    ['bits for i32', () => Tensor.from(Uint16Array.of(1), { dtype: 'i32' }), 'Int32Array for i32, got Uint16Array'],
    ['an unknown type', () => Tensor.from(Int32Array.of(1), { dtype: 'f8' as DType }), 'got "f8"'],
    ['an array of no dtype', () => Tensor.from(Uint8Array.of(1) as never), 'Uint8Array'],
    ['a DataView', () => Tensor.from(new DataView(new ArrayBuffer(4)) as never), 'DataView'],
    ['too few', () => Tensor.from(new Float32Array(3), { shape: [2, 2] }), '4 elements for [2,2], got 3'],
    ['too many', () => Tensor.from(new Float32Array(5), { shape: [2, 2] }), '4 elements for [2,2], got 5'],
    ['seven axes', () => Tensor.from(new Float32Array(1), { shape: [1, 1, 1, 1, 1, 1, 1] }), 'at most 6 axes'],
    [
      'a negative size',
      () => Tensor.from(new Float32Array(2), { shape: [-1, -2] }),
      'sizes that are whole numbers from 0',
    ],
    [
      'a broken size',
      () => Tensor.from(new Float32Array(3), { shape: [1.5, 2] }),
      'sizes that are whole numbers from 0',
    ],
    ['NaN for a size', () => Tensor.from(new Float32Array(0), { shape: [Number.NaN] }), 'whole numbers'],
    ['huge sizes', () => Tensor.from(new Float32Array(1), { shape: [2 ** 40, 2 ** 40] }), 'whole numbers'],
  ])('are refused with %s', (_, make, message) => {
    expect(make).toThrow(TensorError);
    expect(make).toThrow(message);
  });
});

describe('zeros', () => {
  it('have their shape and type', () => {
    expect(Tensor.zeros([2, 3]).toArray()).toEqual(new Float32Array(6));
    expect(Tensor.zeros([2], 'i64').toArray()).toEqual(new BigInt64Array(2));
    expect(Tensor.zeros([]).toList()).toBe(0);
    expect(Tensor.zeros([0]).size).toBe(0);
  });

  it.each([[[2 ** 45]], [[2 ** 20, 2 ** 20, 2 ** 12]], [[2 ** 53]], [[-1]], [[0.5]], [[1, 1, 1, 1, 1, 1, 1]]])(
    'of %j are refused',
    (shape) => {
      expect(() => Tensor.zeros(shape)).toThrow(TensorError);
      expect(() => Tensor.zeros(shape)).toThrow(/^Tensor\.zeros: expected/);
    },
  );
});
