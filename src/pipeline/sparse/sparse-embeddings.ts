/** Vectors over a whole vocabulary of which few components are not 0. */
import { UsageError } from '../../errors.js';
import type { Truncation } from '../embeddings/embeddings.js';
import type { SimilarityFunction } from '../embeddings/similarity.js';

/** The components of one text that are not 0. */
export interface SparseVector {
  /** Token ids, rising. */
  readonly indices: Int32Array;
  /** The component of each. */
  readonly values: Float32Array;
}

/** One sparse vector a text, `[length, dimension]`, in the order of the texts. */
export class SparseEmbeddings {
  readonly length: number;
  /** Components of a vector, zeros included: the size of the vocabulary. */
  readonly dimension: number;
  readonly truncated: Truncation;
  readonly #rows: readonly SparseVector[];

  constructor(rows: readonly SparseVector[], dimension: number, truncated: readonly number[]) {
    this.#rows = rows;
    this.length = rows.length;
    this.dimension = dimension;
    this.truncated = { count: truncated.length, indices: truncated };
  }

  /** The vector of text `i`. */
  row(i: number): SparseVector {
    const row = this.#rows[i];
    if (row === undefined) throw new UsageError(`row ${i} of ${this.length} embeddings`);
    return row;
  }

  /** All vectors in order. */
  rows(): readonly SparseVector[] {
    return this.#rows;
  }

  /** All vectors in order. */
  [Symbol.iterator](): Iterator<SparseVector> {
    return this.#rows[Symbol.iterator]();
  }
}

type Measure = (a: SparseVector, b: SparseVector) => number;

/** Adds up what `term` makes of each index that either vector has. */
function over(a: SparseVector, b: SparseVector, term: (x: number, y: number) => number): number {
  let [i, j, sum] = [0, 0, 0];
  while (i < a.indices.length || j < b.indices.length) {
    const left = a.indices[i] ?? Number.POSITIVE_INFINITY;
    const right = b.indices[j] ?? Number.POSITIVE_INFINITY;
    const x = left <= right ? (a.values[i++] ?? 0) : 0;
    const y = right <= left ? (b.values[j++] ?? 0) : 0;
    sum += term(x, y);
  }
  return sum;
}

const dot: Measure = (a, b) => over(a, b, (x, y) => x * y);

const measures: Readonly<Record<SimilarityFunction, Measure>> = {
  cosine: (a, b) => dot(a, b) / (Math.sqrt(dot(a, a) * dot(b, b)) || 1),
  dot,
  euclidean: (a, b) => -Math.sqrt(over(a, b, (x, y) => (x - y) ** 2)),
  manhattan: (a, b) => -over(a, b, (x, y) => Math.abs(x - y)),
};

/** Every vector of `a` with every vector of `b`: `[a, b]`. Larger is more alike. */
export function sparseSimilarity(a: SparseEmbeddings, b: SparseEmbeddings, measure: SimilarityFunction): number[][] {
  if (a.dimension !== b.dimension) {
    throw new UsageError(`vectors of ${a.dimension} and ${b.dimension} dimensions cannot be compared`);
  }
  return a.rows().map((row) => b.rows().map((other) => measures[measure](row, other)));
}
