/** Token ids of several sequences as the arrays a forward reads: one after another, no padding. */
import { UsageError } from '../errors.js';

export interface PackedBatch {
  /** `[N]` */
  readonly inputIds: Int32Array;
  /** `[N]` */
  readonly tokenTypeIds: Int32Array;
  /** `[S+1]`: where each sequence begins; first 0, last N. */
  readonly offsets: Int32Array;
}

/** One sequence's ids and, unless they are all 0, its segments. */
export interface TokenSequence {
  readonly inputIds: ArrayLike<number>;
  readonly tokenTypeIds?: ArrayLike<number> | undefined;
}

export function packBatch(sequences: readonly TokenSequence[]): PackedBatch {
  const offsets = new Int32Array(sequences.length + 1);
  sequences.forEach((sequence, s) => {
    offsets[s + 1] = (offsets[s] ?? 0) + sequence.inputIds.length;
  });
  const tokens = offsets[sequences.length] ?? 0;
  const inputIds = new Int32Array(tokens);
  const tokenTypeIds = new Int32Array(tokens);
  sequences.forEach((sequence, s) => {
    inputIds.set(sequence.inputIds, offsets[s]);
    if (sequence.tokenTypeIds) tokenTypeIds.set(sequence.tokenTypeIds, offsets[s]);
  });
  return { inputIds, tokenTypeIds, offsets };
}

/**
 * Checks ids that a caller made.
 * @throws UsageError that names the first sequence and position at fault.
 */
export function checkIds(what: string, sequences: unknown, limits: { maxLength: number; below: number }): void {
  if (!Array.isArray(sequences)) throw new UsageError(`${what} must be a list of lists of ids, one list a sequence`);
  sequences.forEach((ids: unknown, s) => {
    if (!Array.isArray(ids) && !(ids instanceof Int32Array)) {
      throw new UsageError(`${what}[${s}] must be a list of ids`);
    }
    if (ids.length === 0) throw new UsageError(`${what}[${s}] is empty; a sequence has at least one token`);
    if (ids.length > limits.maxLength) {
      throw new UsageError(`${what}[${s}] has ${ids.length} tokens; this model takes at most ${limits.maxLength}`);
    }
    for (let t = 0; t < ids.length; t++) {
      const id: unknown = ids[t];
      if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= limits.below) {
        throw new UsageError(
          `${what}[${s}][${t}] is ${String(id)}; expected a whole number from 0 to ${limits.below - 1}`,
        );
      }
    }
  });
}
