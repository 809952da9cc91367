/** Scores of pairs of texts, one row a pair. */
import { UsageError } from '../../errors.js';
import type { Truncation } from '../embeddings/embeddings.js';

/** A matrix `[length, numLabels]` of float32, row-major, in the order of the pairs. */
export class Scores {
  readonly length: number;
  readonly numLabels: number;
  /** All rows, `length × numLabels` numbers: with one label, the score of each pair. */
  readonly data: Float32Array;
  /** Pairs that were longer than the model reads; their scores stand for what was left. */
  readonly truncated: Truncation;

  constructor(data: Float32Array, length: number, numLabels: number, truncated: readonly number[]) {
    this.data = data;
    this.length = length;
    this.numLabels = numLabels;
    this.truncated = { count: truncated.length, indices: truncated };
  }

  /** The scores of pair `i`, one for each label: a view into {@link Scores.data}. */
  row(i: number): Float32Array {
    if (!Number.isInteger(i) || i < 0 || i >= this.length) throw new UsageError(`row ${i} of ${this.length} scores`);
    return this.data.subarray(i * this.numLabels, (i + 1) * this.numLabels);
  }

  /** All rows in order, as views. */
  rows(): Float32Array[] {
    return Array.from({ length: this.length }, (_, i) => this.row(i));
  }
}
