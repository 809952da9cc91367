/** Token ids of several sequences as the arrays a forward reads: one after another, no padding. */
import { UsageError } from '../../errors.js';
import { describeValue } from '../../options.js';

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
  /** How many of its first tokens are seen by attention, for models that ask. Default all. */
  readonly keys?: number | undefined;
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

/** A list of ids, unchecked. */
export type Row = ArrayLike<unknown>;

/**
 * The rows of a list of lists that a caller made. Holes count as what they read as: undefined.
 * @throws UsageError for anything else, with the first place at fault.
 */
export function readRows(what: string, rows: unknown): readonly Row[] {
  if (!Array.isArray(rows)) {
    throw new UsageError(`${what} must be a list of lists of ids, one list a sequence, got ${describeValue(rows)}`);
  }
  return Array.from(rows, (row: unknown, s) => {
    if (isRow(row)) return row;
    throw new UsageError(`${what} must be a list of lists of ids, but ${what}[${s}] is ${describeValue(row)}`);
  });
}

function isRow(row: unknown): row is Row {
  if (row instanceof BigInt64Array || row instanceof BigUint64Array || row instanceof DataView) return false;
  return Array.isArray(row) || ArrayBuffer.isView(row);
}

/**
 * A checked copy of the first `length` ids of each row (default: all of them).
 * @throws UsageError that names the first sequence and position at fault.
 */
export function readIds(
  what: string,
  rows: readonly Row[],
  limits: { maxLength: number; below: number },
  lengths?: readonly number[],
): Int32Array[] {
  return rows.map((row, s) => {
    const length = lengths?.[s] ?? row.length;
    if (length === 0) throw new UsageError(`${what}[${s}] is empty; a sequence has at least one token`);
    if (length > limits.maxLength) {
      throw new UsageError(`${what}[${s}] has ${length} tokens; this model takes at most ${limits.maxLength}`);
    }
    return Int32Array.from({ length }, (_, t) => {
      const id: unknown = row[t];
      if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < limits.below) return id;
      throw new UsageError(
        `${what}[${s}][${t}] is ${describeValue(id)}; expected a whole number from 0 to ${limits.below - 1}`,
      );
    });
  });
}

/**
 * Tokens of each row of a mask of ones and then zeros.
 * @throws UsageError for padding that stands elsewhere, or a row of nothing else.
 */
export function unpaddedLengths(what: string, mask: readonly Row[]): number[] {
  return mask.map((row, s) => {
    let length = 0;
    while (length < row.length && row[length] === 1) length++;
    for (let t = length; t < row.length; t++) {
      if (row[t] !== 0) throw new UsageError(`${what}[${s}] must be ones and then zeros: padding on the right`);
    }
    if (length === 0) throw new UsageError(`${what}[${s}] is 0 throughout; a sequence has at least one token`);
    return length;
  });
}

/** @throws UsageError unless `rows` has the lengths of `inputIds`. */
export function checkAlike(what: string, rows: readonly Row[], inputIds: readonly Row[]): void {
  if (rows.length !== inputIds.length) {
    throw new UsageError(`${what} has ${rows.length} rows, inputIds ${inputIds.length}; give one for each sequence`);
  }
  rows.forEach((row, s) => {
    if (row.length !== inputIds[s]?.length) {
      throw new UsageError(`${what}[${s}] has ${row.length} entries, inputIds[${s}] ${inputIds[s]?.length}`);
    }
  });
}
