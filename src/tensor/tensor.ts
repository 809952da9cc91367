/** The tensor: a shape, an element type, and native storage (or a place in a program that is being recorded). */
import { rethrowNative, TensorError, UsageError } from '../errors.js';
import { type NativeArray, native, type TensorHandle } from '../native.js';
import { checkOptions, describeValue } from '../options.js';
import type { Graph } from '../program/graph.js';
import { arrayFor, carries, type DType, dtypeOf, dtypes } from './dtype.js';
import { formatShape, isHoldable, mostAxes, type Shape, sizeOf } from './shape.js';
import { storageFault } from './storage.js';

/** Numbers nested to the depth of the rank. */
export type NestedNumbers = number | readonly NestedNumbers[];

type Source =
  | { readonly kind: 'native'; readonly handle: TensorHandle }
  | { readonly kind: 'recorded'; readonly graph: Graph; readonly value: number }
  | { readonly kind: 'disposed' };

/**
 * An n-dimensional array, row-major, at most 6 axes, immutable. Storage is native: JavaScript gets copies
 * ({@link Tensor.toArray}), never a view of it. Inside a program being recorded a tensor has no values yet and its
 * shape may hold symbols (negative entries).
 */
export class Tensor {
  readonly dtype: DType;
  readonly shape: Shape;
  /** @internal Of an `i8` matrix `[n, k]` of a quantized checkpoint: `[n]`, what a row's elements are multiplied by. */
  readonly rowScale: Tensor | undefined;
  #source: Source;

  private constructor(dtype: DType, shape: Shape, source: Source, rowScale?: Tensor) {
    this.dtype = dtype;
    this.shape = shape;
    this.#source = source;
    this.rowScale = rowScale;
  }

  /**
   * A tensor with a copy of `data`.
   * @param data nested numbers, or a typed array (`Uint16Array` holds the bits of `f16` or `bf16`).
   * @param options.shape default: the nesting's shape, or one axis.
   * @param options.dtype default: what the typed array carries; `f32` for nested numbers.
   * @throws TensorError if the nesting is ragged, data and shape differ in size, or the array's memory is shared or gone.
   */
  static from(data: NestedNumbers | NativeArray, options: { shape?: Shape; dtype?: DType } = {}): Tensor {
    checkOptions('Tensor.from', options, ['shape', 'dtype']);
    if (ArrayBuffer.isView(data)) return Tensor.#fromTyped(data, options);
    const nested = nestedShape(data);
    const dtype = options.dtype ?? 'f32';
    checkDType('Tensor.from', dtype);
    if (dtype === 'f16' || dtype === 'bf16') {
      throw new TensorError(
        'Tensor.from',
        `a Uint16Array of bits for ${dtype}`,
        'numbers; make an f32 tensor and convert() it',
      );
    }
    checkConcrete('Tensor.from', nested);
    const flat = allocate('Tensor.from', dtype, nested);
    fill(flat, data, 0);
    return Tensor.#fromTyped(flat, { dtype, shape: options.shape ?? nested });
  }

  static #fromTyped(data: NativeArray, options: { shape?: Shape; dtype?: DType }): Tensor {
    const dtype = options.dtype ?? dtypeOf(data);
    if (dtype === undefined) {
      const expected = 'a typed array of a dtype, or dtype f16 or bf16 beside a Uint16Array';
      throw new TensorError('Tensor.from', expected, `${describeValue(data)} and no dtype`);
    }
    checkDType('Tensor.from', dtype);
    if (!carries(dtype, data)) {
      throw new TensorError('Tensor.from', `${arrayFor(dtype, 0).constructor.name} for ${dtype}`, describeValue(data));
    }
    const fault = storageFault(data);
    if (fault) throw new TensorError('Tensor.from', 'an array of memory that this thread alone writes', fault);
    const shape = options.shape ?? [data.length];
    checkConcrete('Tensor.from', shape);
    if (sizeOf(shape) !== data.length) {
      throw new TensorError('Tensor.from', `${sizeOf(shape)} elements for ${formatShape(shape)}`, `${data.length}`);
    }
    try {
      return Tensor.fromHandle(native.tensorFrom(data, dtype, shape), dtype, shape);
    } catch (cause) {
      rethrowNative(cause);
    }
  }

  /** Zeros of `shape`. */
  static zeros(shape: Shape, dtype: DType = 'f32'): Tensor {
    checkConcrete('Tensor.zeros', shape);
    checkDType('Tensor.zeros', dtype);
    return Tensor.#fromTyped(allocate('Tensor.zeros', dtype, shape), { dtype, shape });
  }

  /** @internal Wraps storage that native code made. */
  static fromHandle(handle: TensorHandle, dtype: DType, shape: Shape): Tensor {
    return new Tensor(dtype, Object.freeze([...shape]), { kind: 'native', handle });
  }

  /** @internal The same matrix, whose rows have a scale. */
  scaledBy(rowScale: Tensor): Tensor {
    return new Tensor(this.dtype, this.shape, { kind: 'native', handle: this.handle }, rowScale);
  }

  /** @internal A value of a program that is being recorded. */
  static recordedIn(graph: Graph, value: number, dtype: DType, shape: Shape): Tensor {
    return new Tensor(dtype, Object.freeze([...shape]), { kind: 'recorded', graph, value });
  }

  /** @internal Where this tensor stands in a program being recorded, if it does. */
  get recorded(): { readonly graph: Graph; readonly value: number } | undefined {
    return this.#source.kind === 'recorded' ? this.#source : undefined;
  }

  /** @internal The native storage. */
  get handle(): TensorHandle {
    if (this.#source.kind === 'native') return this.#source.handle;
    throw new UsageError(
      this.#source.kind === 'disposed'
        ? 'this tensor was disposed'
        : 'this tensor belongs to a program that is being recorded: it has no values until the program runs',
    );
  }

  /** Number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** A copy of the elements, row-major. `f16` and `bf16` come as the bits in a `Uint16Array`; see `ops.convert`. */
  toArray(): NativeArray {
    const { handle } = this;
    try {
      return native.tensorRead(handle);
    } catch (cause) {
      rethrowNative(cause);
    }
  }

  /** A copy of the elements of an `f32` tensor. */
  toFloat32Array(): Float32Array {
    if (this.dtype !== 'f32') throw new TensorError('toFloat32Array', 'f32', `${this.dtype}; convert() it first`);
    return this.toArray() as Float32Array;
  }

  /** Nested lists, as PyTorch's `tolist`. */
  toList(): NestedNumbers {
    const flat = this.toArray();
    let next = 0;
    const build = (axis: number): NestedNumbers =>
      axis === this.rank ? Number(flat[next++]) : Array.from({ length: this.shape[axis] ?? 0 }, () => build(axis + 1));
    return build(0);
  }

  /** `f32[2,384]` */
  toString(): string {
    return `${this.dtype}${formatShape(this.shape)}`;
  }

  /** Frees the storage now instead of at garbage collection. Safe to call twice. */
  dispose(): void {
    if (this.#source.kind === 'native') native.tensorRelease(this.#source.handle);
    this.#source = { kind: 'disposed' };
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function checkConcrete(op: string, shape: Shape): void {
  if (!Array.isArray(shape)) throw new TensorError(op, 'a shape, a list of sizes', describeValue(shape));
  if (shape.length > mostAxes) throw new TensorError(op, `at most ${mostAxes} axes`, `${shape.length}`);
  const sizes = Array.from(shape);
  if (sizes.some((dim) => !Number.isSafeInteger(dim) || dim < 0) || !isHoldable(sizes)) {
    throw new TensorError(op, 'sizes that are whole numbers from 0', `[${shape.join(',')}]`);
  }
}

function checkDType(op: string, dtype: DType): void {
  if (!dtypes.includes(dtype)) throw new TensorError(op, `dtype ${dtypes.join(', ')}`, describeValue(dtype));
}

/** Zeros, or a clear word where no array can be that long. */
function allocate(op: string, dtype: DType, shape: Shape): NativeArray {
  try {
    return arrayFor(dtype, sizeOf(shape));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new TensorError(op, 'a size that memory has room for', `${dtype}${formatShape(shape)}`);
  }
}

/** Lists deeper than a tensor has axes, or that hold themselves, are one too deep. */
function nestedShape(data: NestedNumbers): number[] {
  const shape: number[] = [];
  for (let level: NestedNumbers | undefined = data; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
    if (shape.length > mostAxes) break;
  }
  return shape;
}

function fill(flat: NativeArray, data: NestedNumbers, at: number, depth = 0, shape = nestedShape(data)): number {
  if (Array.isArray(data)) {
    if (data.length !== shape[depth]) {
      const found = `a list of ${data.length} at depth ${depth}`;
      throw new TensorError('Tensor.from', `nesting of ${formatShape(shape)}`, found);
    }
    for (const item of data) at = fill(flat, item, at, depth + 1, shape);
    return at;
  }
  if (typeof data !== 'number') throw new TensorError('Tensor.from', 'numbers, or lists of them', describeValue(data));
  if (depth !== shape.length) throw new TensorError('Tensor.from', `nesting of ${formatShape(shape)}`, 'ragged lists');
  put(flat, at, data);
  return at + 1;
}

function put(flat: NativeArray, at: number, value: number): void {
  const floats = flat instanceof Float32Array || flat instanceof Float64Array;
  if (floats) flat[at] = value;
  else if (Number.isInteger(value)) flat[at] = flat instanceof BigInt64Array ? BigInt(value) : value;
  if (!floats && Number(flat[at]) !== value) {
    throw new TensorError('Tensor.from', `whole numbers that ${flat.constructor.name} can hold`, String(value));
  }
}
