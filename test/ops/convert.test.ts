import { describe, expect, it } from 'vitest';
import { convert } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { expectSame } from '../reference/closeness.js';
import { fromBf16, fromF16, toBf16, toF16 } from '../reference/half.js';
import { Random } from '../reference/random.js';
import { oddValues, sizes } from './sizes.js';

const every16Bits = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

describe.each([
  ['f16', fromF16, toF16],
  ['bf16', fromBf16, toBf16],
] as const)('convert and %s', (dtype, widen, narrow) => {
  it('widens all 65536 values exactly', () => {
    const y = convert(Tensor.from(every16Bits, { dtype }), 'f32');
    expectSame(y.toFloat32Array(), Float32Array.from(every16Bits, widen));
  });

  it('narrows every value it can hold to itself', () => {
    const numbers = every16Bits.filter((bits) => !Number.isNaN(widen(bits)));
    const y = convert(Tensor.from(Float32Array.from(numbers, widen)), dtype);
    expectSame(y.toArray() as Uint16Array, numbers);
  });

  it('rounds to nearest, ties to even', () => {
    const random = new Random(1);
    const halfway = Array.from({ length: 4000 }, (_, i) => (widen(i * 7) + widen(i * 7 + 1)) / 2).filter(
      Number.isFinite,
    );
    const besides = halfway.flatMap((x) => [x * (1 + 2 ** -22), x * (1 - 2 ** -22), -x]);
    const anywhere = Array.from({ length: 4000 }, () => random.normal() * 2 ** (random.next() * 40 - 28));
    const values = Float32Array.from([...halfway, ...besides, ...anywhere]);
    expectSame(convert(Tensor.from(values), dtype).toArray() as Uint16Array, Uint16Array.from(values, narrow));
  });

  it('overflows to infinity, and keeps infinities, zeros and denormals', () => {
    const values = oddValues.filter((value) => !Number.isNaN(value));
    const edge = dtype === 'f16' ? [65519.99, 65520, 65504, 2 ** -25, 2 ** -24] : [3.3895e38, 3.4e38, 2 ** -134];
    const all = Float32Array.from([...values, ...edge, ...edge.map((x) => -x)]);
    expectSame(convert(Tensor.from(all), dtype).toArray() as Uint16Array, Uint16Array.from(all, narrow));
  });

  it('keeps NaN a NaN', () => {
    const bits = Uint32Array.of(0x7fc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0x7f803fff);
    const y = convert(Tensor.from(new Float32Array(bits.buffer)), dtype).toArray() as Uint16Array;
    for (const half of y) expect(widen(half)).toBeNaN();
  });

  it.each(sizes)('takes %i elements', (size) => {
    const values = new Random(size).normals(size);
    const narrowed = convert(Tensor.from(values), dtype);
    expectSame(narrowed.toArray() as Uint16Array, Uint16Array.from(values, narrow));
    expectSame(
      convert(narrowed, 'f32').toFloat32Array(),
      Float32Array.from(values, (x) => widen(narrow(x))),
    );
  });
});

describe('convert to f32', () => {
  it.each([
    ['f64', Float64Array.of(0.1, -1e300, 1e-300, 2 ** -150, Number.NaN, Number.POSITIVE_INFINITY, 16777217, -0)],
    ['i8', Int8Array.of(-128, -1, 0, 1, 127)],
    ['i32', Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 16777217, 16777219, -1, 0)],
  ] as const)('rounds %s to the nearest', (_, data) => {
    expectSame(convert(Tensor.from(data), 'f32').toFloat32Array(), Float32Array.from(data));
  });

  it('rounds i64 to the nearest', () => {
    const data = BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n, 2n ** 53n, 16777217n, -16777219n, 0n);
    // Each is exact in float64 or so near its float that rounding twice gives the same.
    expectSame(convert(Tensor.from(data), 'f32').toFloat32Array(), Float32Array.from(data, Number));
  });

  it('hands back the tensor itself where nothing changes', () => {
    const x = Tensor.from([1, 2]);
    expect(convert(x, 'f32')).toBe(x);
  });

  it('keeps the shape', () => {
    expect(convert(Tensor.zeros([2, 3, 0], 'i32'), 'f32').shape).toEqual([2, 3, 0]);
    expect(convert(Tensor.zeros([], 'f64'), 'f32').toList()).toBe(0);
  });
});
