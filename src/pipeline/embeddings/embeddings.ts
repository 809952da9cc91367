/** Vectors of texts, one row a text. */
import { UsageError } from '../../errors.js';

/** Texts that were longer than the model reads; their vectors stand for the beginning only. */
export interface Truncation {
  readonly count: number;
  /** Which texts, by their place in the input. */
  readonly indices: readonly number[];
}

/** A matrix `[length, dimension]` of float32, row-major, in the order of the texts. */
export class Embeddings {
  readonly length: number;
  readonly dimension: number;
  /** All rows, `length × dimension` numbers. */
  readonly data: Float32Array;
  readonly truncated: Truncation;

  constructor(data: Float32Array, length: number, dimension: number, truncated: readonly number[] = []) {
    this.data = data;
    this.length = length;
    this.dimension = dimension;
    this.truncated = { count: truncated.length, indices: truncated };
  }

  /** `[length, dimension]` */
  get shape(): readonly [number, number] {
    return [this.length, this.dimension];
  }

  /** The vector of text `i`: a view into {@link Embeddings.data}. */
  row(i: number): Float32Array {
    checkRow(i, this.length);
    return this.data.subarray(i * this.dimension, (i + 1) * this.dimension);
  }

  /** All vectors, as views. */
  rows(): Float32Array[] {
    return Array.from(this, (row) => row);
  }

  /** All vectors in order, as views. */
  *[Symbol.iterator](): Generator<Float32Array> {
    for (let i = 0; i < this.length; i++) yield this.row(i);
  }
}

/** @throws UsageError unless there is a row `i`. */
export function checkRow(i: number, length: number): void {
  if (!Number.isInteger(i) || i < 0 || i >= length) throw new UsageError(`row ${i} of ${length} embeddings`);
}
