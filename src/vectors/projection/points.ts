/** The vectors that a projection takes. */

import { UsageError } from '../../errors.js';
import { describeValue } from '../../options.js';

const largest = 1e100; // variances stay finite

/** Rows of numbers, as one matrix. */
export interface Points {
  /** `[count, dim]`, those given times `scale`, a power of two that makes the largest about 1: their squares are numbers then. */
  readonly values: Float64Array;
  readonly count: number;
  readonly dim: number;
  readonly scale: number;
}

/** @throws UsageError for rows that are fewer than `least`, differ in length, or hold what is no number up to 1e100. */
export function readPoints(call: string, vectors: readonly ArrayLike<number>[], least: number): Points {
  if (!Array.isArray(vectors)) throw new UsageError(`${call}: vectors must be a list, got ${describeValue(vectors)}`);
  const count = vectors.length;
  if (count < least) throw new UsageError(`${call} needs ${least} vectors or more, got ${count}`);
  const dim = (vectors[0] as ArrayLike<number> | undefined)?.length;
  if (!Number.isSafeInteger(dim) || dim === 0) {
    throw new UsageError(`${call}: vector 0 must be a list of numbers, got ${describeValue(vectors[0])}`);
  }
  const values = new Float64Array(count * dim!);
  for (const [i, vector] of vectors.entries()) {
    if (vector?.length !== dim)
      throw new UsageError(`${call}: vector ${i} must have ${dim} components as the first has, got ${vector?.length}`);
    values.set(vector, i * dim!);
  }
  const bad = values.findIndex((x) => !(Math.abs(x) <= largest));
  if (bad >= 0) {
    const [row, column] = [Math.floor(bad / dim!), bad % dim!];
    throw new UsageError(
      `${call}: vector ${row} has ${values[bad]} as component ${column}; numbers must be finite and at most ${largest}`,
    );
  }
  let size = 0;
  for (const x of values) size = Math.max(size, Math.abs(x));
  const scale = size > 0 ? 2 ** -Math.floor(Math.log2(size)) : 1;
  for (let i = 0; i < values.length; i++) values[i]! *= scale;
  return { values, count, dim: dim!, scale };
}
