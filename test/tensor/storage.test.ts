/** What a tensor tells of itself, and the end of its storage. */
import { describe, expect, it } from 'vitest';
import { TensorError, UsageError } from '../../src/errors.js';
import { add, gelu, linear, relu, reshape } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';

describe('a tensor', () => {
  it('tells its shape, type, rank and size', () => {
    const x = Tensor.zeros([2, 0, 3], 'i8');
    expect([x.shape, x.dtype, x.rank, x.size, String(x)]).toEqual([[2, 0, 3], 'i8', 3, 0, 'i8[2,0,3]']);
  });

  it('does not change when the shape it was made with does', () => {
    const shape = [2, 3];
    const x = Tensor.zeros(shape);
    shape[0] = 9;
    expect(x.shape).toEqual([2, 3]);
    expect(Object.isFrozen(x.shape)).toBe(true);
  });

  it('gives f32 values only as what they are', () => {
    expect(Tensor.from([1.5]).toFloat32Array()).toEqual(Float32Array.of(1.5));
    expect(() => Tensor.zeros([1], 'i32').toFloat32Array()).toThrow(TensorError);
    expect(() => Tensor.zeros([1], 'f16').toFloat32Array()).toThrow(
      'toFloat32Array: expected f32, got f16; convert() it first',
    );
  });

  it('gives lists of numbers for every type', () => {
    expect(Tensor.from(BigInt64Array.of(1n, -2n)).toList()).toEqual([1, -2]);
    expect(Tensor.from(Int8Array.of(3, 4), { shape: [1, 2, 1] }).toList()).toEqual([[[3], [4]]]);
    // Bits, as toArray: 16-bit floats are storage, and convert() makes numbers of them.
    expect(Tensor.from(Uint16Array.of(0x3c00), { dtype: 'f16' }).toList()).toEqual([0x3c00]);
  });
});

describe('a disposed tensor', () => {
  const gone = () => {
    const x = Tensor.from([[1, 2]]);
    x.dispose();
    return x;
  };

  it.each([
    ['toArray', (x: Tensor) => x.toArray()],
    ['toList', (x: Tensor) => x.toList()],
    ['toFloat32Array', (x: Tensor) => x.toFloat32Array()],
    ['an operation', (x: Tensor) => gelu(x)],
    ['a second operand', (x: Tensor) => add(Tensor.from([[1, 2]]), x)],
    ['a weight', (x: Tensor) => linear(Tensor.from([[1, 2]]), x)],
    ['a bias', (x: Tensor) => linear(Tensor.from([[1]]), Tensor.from([[1], [2]]), reshape(x, [2]))],
    ['reshape', (x: Tensor) => reshape(x, [2])],
  ])('refuses %s', (_, use) => {
    expect(() => use(gone())).toThrow(UsageError);
    expect(() => use(gone())).toThrow('this tensor was disposed');
  });

  it('still tells its shape, and may be disposed again', () => {
    const x = gone();
    x.dispose();
    x[Symbol.dispose]();
    expect(String(x)).toBe('f32[1,2]');
  });

  it('leaves results made from it as they are', () => {
    const x = Tensor.from([-1, 2]);
    const y = add(x, x);
    const z = reshape(x, [2, 1]);
    x.dispose();
    expect(y.toList()).toEqual([-2, 4]);
    expect(z.toList()).toEqual([[-1], [2]]);
  });
});

describe('memory', () => {
  it('is freed by dispose', () => {
    const rss = () => process.memoryUsage().rss;
    // Results are native memory; arrays would stay until the collector takes them.
    const x = Tensor.zeros([4 * 1024 * 1024]);
    const make = () => relu(x).dispose();
    for (let i = 0; i < 10; i++) make();
    const before = rss();
    for (let i = 0; i < 200; i++) make();
    // 200 tensors are 3.3 GB; other tests of this process allocate meanwhile.
    expect(rss() - before).toBeLessThan(1024 ** 3);
  });
});
