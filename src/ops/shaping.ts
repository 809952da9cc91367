import { rethrowNative, TensorError } from '../errors.js';
import { native } from '../native.js';
import { checkOptions, describeValue } from '../options.js';
import { isHoldable, mostAxes, type Shape, sizeOf } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { expectOffsets, tokensOf } from './offsets.js';
import { expectDtype, expectRank, expectShape, expectTensor, run } from './run.js';

/** The same elements under another shape of equal size; one entry may be `'auto'`. Any dtype; shares storage. */
export function reshape(x: Tensor, shape: readonly (number | 'auto')[]): Tensor {
  expectTensor('reshape', 'x', x);
  if (!Array.isArray(shape)) throw new TensorError('reshape', 'a shape, a list of sizes', describeValue(shape));
  if (shape.length > mostAxes) throw new TensorError('reshape', `at most ${mostAxes} axes`, `[${shape.join(',')}]`);
  const known = Array.from(shape).filter((dim) => dim !== 'auto');
  const rest = remaining(x.shape, known, known.length < shape.length);
  const full = shape.map((dim) => (dim === 'auto' ? rest : dim));
  const whole = known.every(Number.isSafeInteger) && Number.isSafeInteger(rest);
  const fits = whole && shape.length - known.length <= 1 && (shape.length > known.length || rest === 1);
  if (!fits || !isHoldable(full)) throw new TensorError('reshape', `a shape of ${x}'s size`, `[${shape.join(',')}]`);
  if (x.recorded) return run({ op: 'copy', inputs: [x], dtype: x.dtype, shape: full });
  try {
    return Tensor.fromHandle(native.tensorReshape(x.handle, full), x.dtype, full);
  } catch (cause) {
    rethrowNative(cause);
  }
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
  expectTensor('slice', 'x', x);
  const length = Number.isInteger(axis) ? x.shape[axis] : undefined;
  if (length === undefined || length < 0)
    throw new TensorError('slice', `an axis of ${x} with a known size`, `axis ${describeValue(axis)}`);
  const whole = Number.isInteger(begin) && Number.isInteger(end);
  const from = whole && begin < 0 ? begin + length : begin;
  const to = whole && end < 0 ? end + length : end;
  if (!whole || from < 0 || to < from || to > length) {
    const found = `${describeValue(begin)} to ${describeValue(end)}`;
    throw new TensorError('slice', `whole numbers with 0 ≤ begin ≤ end ≤ ${length} on axis ${axis}`, found);
  }
  const shape = x.shape.map((dim, at) => (at === axis ? to - from : dim));
  return run({ op: 'slice', inputs: [x], dtype: x.dtype, shape, attributes: { axis, begin: from } });
}

/** Tensors one after another along `axis`; all other axes and the dtype must agree. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  if (!Array.isArray(tensors)) throw new TensorError('concat', 'a list of tensors', describeValue(tensors));
  const first = tensors[0];
  if (tensors.length === 0) throw new TensorError('concat', 'at least one tensor', 'none');
  expectTensor('concat', 'tensors[0]', first);
  if (!Number.isInteger(axis)) throw new TensorError('concat', 'an axis', describeValue(axis));
  let total = 0;
  for (const [index, tensor] of tensors.entries()) {
    expectTensor('concat', `tensors[${index}]`, tensor);
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
  expectTensor('transpose', 'x', x);
  const axes = x.shape.map((_, axis) => axis);
  const wanted = order ?? [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
  if (!Array.isArray(wanted)) throw new TensorError('transpose', 'an order, a list of axes', describeValue(wanted));
  if (wanted.length !== x.rank || axes.some((axis) => !wanted.includes(axis))) {
    throw new TensorError('transpose', `an order of the axes ${axes.join(',')}`, `[${wanted.join(',')}]`);
  }
  const shape = wanted.map((axis) => x.shape[axis] ?? 0);
  return run({ op: 'transpose', inputs: [x], dtype: x.dtype, shape, attributes: { order: wanted } });
}

const targets: readonly string[] = ['f32', 'f16', 'bf16'];

/**
 * Another element type: any to `f32`, and `f32` to `f16` or `bf16` (round to nearest even).
 * `i64` and `f64` beyond f32's precision are rounded.
 */
export function convert(x: Tensor, dtype: 'f32' | 'f16' | 'bf16'): Tensor {
  expectTensor('convert', 'x', x);
  if (!targets.includes(dtype)) throw new TensorError('convert', `dtype ${targets.join(', ')}`, describeValue(dtype));
  if (x.dtype === dtype) return x;
  if (dtype !== 'f32') expectDtype('convert', `x for ${dtype}`, x, 'f32');
  return run({ op: 'convert', inputs: [x], dtype, shape: x.shape });
}

/**
 * 0, 1, 2 … within each sequence; with `ids`, RoBERTa's count: padding + 1, padding + 2 … over the ids that are not
 * `padding`, and `padding` for those that are.
 * @param offsets `[S+1]` i32. @param ids `inputIds` `[N]` i32 and the id `padding`. @returns `[N]` i32.
 */
export function positions(offsets: Tensor, ids?: { readonly inputIds: Tensor; readonly padding: number }): Tensor {
  expectOffsets('positions', offsets);
  const tokens = tokensOf('positions', offsets);
  if (ids === undefined) return run({ op: 'positions', inputs: [offsets], dtype: 'i32', shape: [tokens] });
  checkOptions('positions', ids, ['inputIds', 'padding'], 'ids');
  const { inputIds, padding } = ids;
  expectDtype('positions', 'inputIds', inputIds, 'i32');
  expectShape('positions', 'inputIds', inputIds, [tokens], '[N]');
  if (!Number.isInteger(padding) || padding < 0) {
    throw new TensorError('positions', 'padding as an id from 0', describeValue(padding));
  }
  return run({ op: 'positions', inputs: [offsets, inputIds], dtype: 'i32', shape: [tokens], attributes: { padding } });
}

/**
 * Each row beside its neighbours in its sequence, zeros beyond the ends: `size` rows side by side, the row itself in the
 * middle. A linear over it is a convolution with `size − 1` / 2 of padding on both sides.
 * @param x `[N, D]` f32. @param offsets `[S+1]` i32. @param size odd. @returns `[N, size · D]` f32.
 */
export function unfold(x: Tensor, offsets: Tensor, size: number): Tensor {
  expectDtype('unfold', 'x', x, 'f32');
  expectRank('unfold', 'x', x, 2, '[N,D]');
  expectOffsets('unfold', offsets);
  if (!Number.isInteger(size) || size < 1 || size % 2 === 0) {
    throw new TensorError('unfold', 'an odd size from 1', describeValue(size));
  }
  const shape = [x.shape[0] ?? 0, size * (x.shape[1] ?? 0)];
  return run({ op: 'unfold', inputs: [x, offsets], dtype: 'f32', shape, attributes: { size } });
}
