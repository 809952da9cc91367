/** Where sequences begin in a packed batch: the operand `offsets` `[S+1]` of many operations. */
import { TensorError } from '../errors.js';
import { OFFSETS, SEQUENCES, TOKENS } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectDtype, expectRank } from './run.js';

/** Throws unless it is a list of i32. */
export function expectOffsets(op: string, offsets: Tensor): void {
  expectDtype(op, 'offsets', offsets, 'i32');
  expectRank(op, 'offsets', offsets, 1, '[S+1]');
}

/** S. Throws unless there is an entry. */
export function sequencesOf(op: string, offsets: Tensor): number {
  const bounds = offsets.shape[0] ?? 0;
  if (bounds === 0) throw new TensorError(op, 'offsets [S+1] with at least one entry', offsets.toString());
  return bounds === OFFSETS ? SEQUENCES : bounds - 1;
}

/** N. Throws unless there is an entry. */
export function tokensOf(op: string, offsets: Tensor): number {
  // A negative end cannot be a size; native code reads the offsets and says what is wrong with them.
  return sequencesOf(op, offsets) === SEQUENCES ? TOKENS : Math.max((offsets.toArray() as Int32Array).at(-1) ?? 0, 0);
}
