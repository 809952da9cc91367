/** Where every operation ends: run it now, or record it. */
import { rethrowNative, TensorError } from '../errors.js';
import { native } from '../native.js';
import { describeValue } from '../options.js';
import type { OpCall } from '../program/graph.js';
import { formatShape, isHoldable, sameShape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';

/** Records the call if any operand belongs to a program being recorded, otherwise runs it at once. */
export function run(call: OpCall): Tensor {
  if (!isHoldable(call.shape)) {
    throw new TensorError(
      call.op,
      'operands whose result has a size that memory has room for',
      formatShape(call.shape),
    );
  }
  const graph = call.inputs.find((input) => input.recorded)?.recorded?.graph;
  if (graph) return graph.record(call);
  const inputs = call.inputs.map((input) => input.handle);
  const weights = call.weights?.map((part) => ({
    weight: part.weight.handle,
    bias: part.bias?.handle,
    scale: part.weight.rowScale?.handle,
  }));
  try {
    const handle = native.execute(call.op, inputs, call.attributes ?? {}, call.dtype, call.shape, weights, 0);
    return Tensor.fromHandle(handle, call.dtype, call.shape);
  } catch (cause) {
    rethrowNative(cause);
  }
}

/** Throws unless `value` is a tensor. */
export function expectTensor(op: string, operand: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) throw new TensorError(op, `${operand} as a Tensor`, describeValue(value));
}

/** Throws unless `tensor` is one and has one of `dtypes`. */
export function expectDtype(op: string, operand: string, tensor: Tensor, ...dtypes: readonly string[]): void {
  expectTensor(op, operand, tensor);
  if (!dtypes.includes(tensor.dtype)) {
    throw new TensorError(op, `${operand} as ${dtypes.join(' or ')}`, `${tensor}; use ops.convert first`);
  }
}

/** `i8` for a matrix of a quantized checkpoint: alone, its elements stand for nothing. */
export function quantized(matrix: unknown): readonly string[] {
  return matrix instanceof Tensor && matrix.rowScale ? ['i8'] : [];
}

/** Throws unless `value` is a number that is not infinite, and from 0 where `least` says so. */
export function expectNumber(op: string, operand: string, value: unknown, least = -Infinity): void {
  if (typeof value === 'number' && Number.isFinite(value) && value >= least) return;
  throw new TensorError(op, `${operand} as a finite number${least === 0 ? ' from 0' : ''}`, describeValue(value));
}

/** Throws unless `tensor` has exactly `shape`; `describe` names it in the paper's letters. */
export function expectShape(
  op: string,
  operand: string,
  tensor: Tensor,
  shape: readonly number[],
  letters: string,
): void {
  if (!sameShape(tensor.shape, shape)) {
    throw new TensorError(op, `${operand} ${letters} = [${shape.join(',')}]`, tensor.toString());
  }
}

/** Throws for a scalar: there is no last axis to work along. */
export function expectAxis(op: string, operand: string, tensor: Tensor): void {
  if (tensor.rank === 0) throw new TensorError(op, `${operand} with at least 1 axis`, tensor.toString());
}

/** Throws unless `tensor` has `rank` axes. */
export function expectRank(op: string, operand: string, tensor: Tensor, rank: number, letters: string): void {
  if (tensor.rank !== rank) throw new TensorError(op, `${operand} ${letters}`, tensor.toString());
}
