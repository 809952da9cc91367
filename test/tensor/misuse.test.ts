/** What is no tensor, no shape or no memory to copy from: typed errors from Tensor and from every operation. */
import { describe, expect, it } from 'vitest';
import { TensorError, UsageError, VectralError } from '../../src/errors.js';
import * as ops from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';

const loose = (value: unknown) => value as never;

describe('Tensor.from refuses', () => {
  it.each<[string, () => unknown, string]>([
    ['null', () => Tensor.from(loose(null)), 'got null'],
    ['text', () => Tensor.from(loose('abc')), 'got "abc"'],
    ['a hole in a shape', () => Tensor.from([1], { shape: new Array(1) }), 'sizes that are whole numbers from 0'],
    ['seven axes', () => Tensor.from([[[[[[[1]]]]]]]), 'at most 6 axes'],
    [
      'no memory',
      () => Tensor.from(new Float32Array(new SharedArrayBuffer(8))),
      'backed by a SharedArrayBuffer; copy it',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(TensorError);
    expect(make).toThrow(message);
  });

  it('a list that holds itself', () => {
    const list: unknown[] = [];
    list[0] = list;
    expect(() => Tensor.from(loose(list))).toThrow(TensorError);
  });

  it('an array that was sent away', () => {
    const sent = new Float32Array(2);
    structuredClone(sent.buffer, { transfer: [sent.buffer] });
    expect(() => Tensor.from(sent)).toThrow('an array that was detached');
    expect(Tensor.from(new Float32Array(0)).shape).toEqual([0]);
  });

  it('options that are none', () => {
    expect(() => Tensor.from([1], loose(null))).toThrow(UsageError);
    expect(() => Tensor.from([1], loose({ shape: null }))).toThrow('shape must be a list, got null');
    expect(() => Tensor.from([1], loose({ Shape: [1] }))).toThrow('did you mean shape?');
  });
});

describe('every operation refuses what it cannot take with a typed error', () => {
  const dtypes = ['f32', 'f16', 'i32', 'i64', 'f64', 'i8'] as const;
  const shapes = [
    [],
    [0],
    [1],
    [3],
    [4],
    [2, 3],
    [3, 2],
    [0, 3],
    [3, 0],
    [2, 2, 3],
    [1, 1, 1, 1, 1, 1],
    [2, 1, 3, 1, 1, 2],
  ];
  const tensors: unknown[] = [
    ...shapes.flatMap((shape) => dtypes.map((dtype) => Tensor.zeros(shape, dtype))),
    ...[
      [0, 3],
      [0, 1, 3],
      [0, 5, 2],
      [0, -2],
      [0, 0, 3, 3],
      [-1, 3],
    ].map((list) => Tensor.from(list, { dtype: 'i32' })),
  ];
  const others = [
    ...[null, undefined, 5, 0, -1, 1.5, 2 ** 40, Number.NaN, Number.POSITIVE_INFINITY, 'x', 'mean', 'f16', true],
    ...[
      Symbol('s'),
      10n,
      () => 1,
      {},
      Object.create(null),
      [],
      [1],
      [0, 1],
      [1, 0],
      [0, 0],
      new Array(2),
      [Number.NaN],
    ],
    ...[['auto'], ['auto', 'auto'], [-1], [2 ** 53], [2 ** 30, 0, 2 ** 30], [1, 1, 1, 1, 1, 1, 1]],
    ...[{ heads: 1 }, { heads: 3 }, { heads: Number.NaN }, { heads: 1, scale: Number.NaN }, { heads: 1, causal: 1 }],
  ];
  const operations = Object.entries(ops).flatMap(([name, op]) =>
    typeof op === 'function' ? [[name, op as (...operands: unknown[]) => Tensor] as const] : [],
  );

  it.each(operations)('%s', (_, op) => {
    // Park and Miller's generator, so that a failure comes again
    let state = 4711;
    const below = (end: number) => {
      state = (state * 48271) % 2147483647;
      return state % end;
    };
    const tensor = () => tensors[below(tensors.length)];
    const any = () => (below(2) === 0 ? others[below(others.length)] : tensor());
    for (let round = 0; round < 1500; round++) {
      const operands = Array.from({ length: 1 + below(5) }, (_, index) =>
        index === 0 && below(8) > 0 ? tensor() : any(),
      );
      try {
        expect(op(...operands)).toBeInstanceOf(Tensor);
      } catch (error) {
        // values of ids and offsets are read, and refused, by native code
        const values =
          error instanceof VectralError && error.code === 'RUN' && /: (id|offsets|start) /.test(error.message);
        if (!values && !(error instanceof UsageError)) expect(error).toBeInstanceOf(TensorError);
        expect((error as Error).message).not.toContain('\n');
      }
    }
  });
});
