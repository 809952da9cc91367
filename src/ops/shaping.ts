import { TensorError } from '../errors.js';
import { native } from '../native.js';
import { OFFSETS, type Shape, sizeOf, TOKENS } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { expectDtype, expectRank, run } from './run.js';

/** The same elements under another shape of equal size; one entry may be `'auto'`. Any dtype; shares storage. */
export function reshape(x: Tensor, shape: readonly (number | 'auto')[]): Tensor {
  const known = shape.filter((dim) => dim !== 'auto');
  const rest = remaining(x.shape, known, known.length < shape.length);
  const full = shape.map((dim) => (dim === 'auto' ? rest : dim));
  const whole = known.every(Number.isSafeInteger) && Number.isSafeInteger(rest);
  const fits = whole && shape.length - known.length <= 1 && (shape.length > known.length || rest === 1);
  if (shape.length > 6) throw new TensorError('reshape', 'at most 6 axes', `[${shape.join(',')}]`);
  if (!fits) throw new TensorError('reshape', `a shape of ${x}'s size`, `[${shape.join(',')}]`);
  if (x.recorded) return run({ op: 'copy', inputs: [x], dtype: x.dtype, shape: full });
  return Tensor.fromHandle(native.tensorReshape(x.handle, full), x.dtype, full);
}

/** Elements of `from` for each of `known`; symbols must stand on both sides. NaN if they do not. */
function remaining(from: Shape, known: Shape, hasAuto: boolean): number {
  const symbols = (shape: Shape) =>
    shape
      .filter((dim) => dim < 0)
      .sort()
      .join();
  const numbers = (shape: Shape) => sizeOf(shape.filter((dim) => dim >= 0));
  if (symbols(from) !== symbols(known)) return Number.NaN;
  if (numbers(known) !== 0) return numbers(from) / numbers(known);
  if (numbers(from) !== 0) return Number.NaN;
  // Zeros on both sides cancel as symbols do, so that an empty batch gets the shape a recorded one has.
  const rest = (shape: Shape) => sizeOf(shape.filter((dim) => dim > 0));
  return hasAuto ? rest(from) / rest(known) : 1;
}

/** Elements `begin` to `end` (exclusive) of one axis. Negative indices count from the end. Any dtype. */
export function slice(x: Tensor, axis: number, begin: number, end: number): Tensor {
  const length = x.shape[axis];
  if (length === undefined || length < 0)
    throw new TensorError('slice', `an axis of ${x} with a known size`, `axis ${axis}`);
  const from = begin < 0 ? begin + length : begin;
  const to = end < 0 ? end + length : end;
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to < from || to > length) {
    throw new TensorError('slice', `0 ≤ begin ≤ end ≤ ${length} on axis ${axis}`, `${begin} to ${end}`);
  }
  const shape = x.shape.map((dim, at) => (at === axis ? to - from : dim));
  return run({ op: 'slice', inputs: [x], dtype: x.dtype, shape, attributes: { axis, begin: from } });
}

/** Tensors one after another along `axis`; all other axes and the dtype must agree. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const first = tensors[0];
  if (!first) throw new TensorError('concat', 'at least one tensor', 'none');
  let total = 0;
  for (const tensor of tensors) {
    const length = tensor.shape[axis];
    const fits =
      tensor.dtype === first.dtype &&
      tensor.rank === first.rank &&
      tensor.shape.every((dim, at) => at === axis || dim === first.shape[at]);
    if (!fits || length === undefined || length < 0) {
      throw new TensorError('concat', `tensors like ${first} but for axis ${axis}`, tensor.toString());
    }
    total += length;
  }
  const shape = first.shape.map((dim, at) => (at === axis ? total : dim));
  return run({ op: 'concat', inputs: tensors, dtype: first.dtype, shape, attributes: { axis } });
}

/** Axes in another order; default: the last two exchanged. `order[i]` is the axis of x that becomes axis i. Any dtype. */
export function transpose(x: Tensor, order?: readonly number[]): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  const wanted = order ?? [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
  if (wanted.length !== x.rank || axes.some((axis) => !wanted.includes(axis))) {
    throw new TensorError('transpose', `an order of the axes ${axes.join(',')}`, `[${wanted.join(',')}]`);
  }
  const shape = wanted.map((axis) => x.shape[axis] ?? 0);
  return run({ op: 'transpose', inputs: [x], dtype: x.dtype, shape, attributes: { order: wanted } });
}

/**
 * Another element type: any to `f32`, and `f32` to `f16` or `bf16` (round to nearest even).
 * `i64` and `f64` beyond f32's precision are rounded.
 */
export function convert(x: Tensor, dtype: 'f32' | 'f16' | 'bf16'): Tensor {
  if (x.dtype === dtype) return x;
  if (dtype !== 'f32') expectDtype('convert', `x for ${dtype}`, x, 'f32');
  return run({ op: 'convert', inputs: [x], dtype, shape: x.shape });
}

/** 0, 1, 2 … within each sequence. @param offsets `[S+1]` i32. @returns `[N]` i32. */
export function positions(offsets: Tensor): Tensor {
  expectDtype('positions', 'offsets', offsets, 'i32');
  expectRank('positions', 'offsets', offsets, 1, '[S+1]');
  // A negative end cannot be a size; native code reads the offsets and says what is wrong with them.
  const tokens = offsets.shape[0] === OFFSETS ? TOKENS : Math.max((offsets.toArray() as Int32Array).at(-1) ?? 0, 0);
  return run({ op: 'positions', inputs: [offsets], dtype: 'i32', shape: [tokens] });
}
