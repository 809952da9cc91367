/** Similarity of vectors, with sentence-transformers' four measures: larger is always more alike. */
import { UsageError } from '../errors.js';
import { Embeddings } from './embeddings.js';

/** Rows of numbers, or one vector. */
export type Vectors = Embeddings | readonly ArrayLike<number>[] | ArrayLike<number>;

/** sentence-transformers' names of the measures. */
export type SimilarityFunction = 'cosine' | 'dot' | 'euclidean' | 'manhattan';

type Measure = (a: ArrayLike<number>, b: ArrayLike<number>) => number;

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>, power: 1 | 2): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0)) ** power;
  return power === 2 ? Math.sqrt(sum) : sum;
}

const measures: Readonly<Record<SimilarityFunction, Measure>> = {
  cosine: (a, b) => {
    const norms = Math.sqrt(dot(a, a) * dot(b, b));
    return norms === 0 ? 0 : dot(a, b) / norms;
  },
  dot,
  euclidean: (a, b) => -distance(a, b, 2),
  manhattan: (a, b) => -distance(a, b, 1),
};

export const similarityFunctions = Object.keys(measures) as readonly SimilarityFunction[];

function rowsOf(vectors: Vectors): readonly ArrayLike<number>[] {
  if (vectors instanceof Embeddings) return vectors.rows();
  const first: unknown = (vectors as ArrayLike<unknown>)[0];
  return typeof first === 'number' ? [vectors as ArrayLike<number>] : (vectors as readonly ArrayLike<number>[]);
}

function checkWidths(rows: readonly ArrayLike<number>[], width: number): void {
  for (const row of rows) {
    if (row.length !== width)
      throw new UsageError(`vectors of ${width} and ${row.length} dimensions cannot be compared`);
  }
}

/** Every vector of `a` with every vector of `b`: `[a, b]`. */
export function similarity(a: Vectors, b: Vectors, measure: SimilarityFunction = 'cosine'): number[][] {
  const [left, right] = [rowsOf(a), rowsOf(b)];
  checkWidths([...left, ...right], left[0]?.length ?? right[0]?.length ?? 0);
  return left.map((x) => right.map((y) => measures[measure](x, y)));
}

/** Each vector of `a` with the vector of `b` in the same place. */
export function similarityPairwise(a: Vectors, b: Vectors, measure: SimilarityFunction = 'cosine'): number[] {
  const [left, right] = [rowsOf(a), rowsOf(b)];
  if (left.length !== right.length)
    throw new UsageError(`${left.length} vectors cannot be paired with ${right.length}`);
  checkWidths([...left, ...right], left[0]?.length ?? 0);
  return left.map((x, i) => measures[measure](x, right[i] ?? []));
}
