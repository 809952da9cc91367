/** Similarity of vectors, with sentence-transformers' four measures: larger is always more alike. */
import { UsageError } from '../../errors.js';
import { describeValue } from '../../options.js';
import { readVectors, type Vectors } from './vectors.js';

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

/** Every vector of `a` with every vector of `b`: `[a, b]`. @throws UsageError for what are no vectors of one dimension. */
export function similarity(a: Vectors, b: Vectors, measure: SimilarityFunction = 'cosine'): number[][] {
  const compare = measureOf(measure);
  const [left, right] = [readVectors('similarity', 'a', a), readVectors('similarity', 'b', b)];
  checkWidths([...left, ...right]);
  const [x, y] = [prepared(left, measure), prepared(right, measure)];
  return x.map((row) => y.map((other) => compare(row, other)));
}

/** Each vector of `a` with the vector of `b` in the same place. @throws UsageError as {@link similarity} does. */
export function similarityPairwise(a: Vectors, b: Vectors, measure: SimilarityFunction = 'cosine'): number[] {
  const compare = measureOf(measure);
  const [left, right] = [readVectors('similarity', 'a', a), readVectors('similarity', 'b', b)];
  if (left.length !== right.length)
    throw new UsageError(`${left.length} vectors cannot be paired with ${right.length}`);
  checkWidths([...left, ...right]);
  const [x, y] = [prepared(left, measure), prepared(right, measure)];
  return x.map((row, i) => compare(row, y[i] ?? []));
}

function measureOf(name: unknown): Measure {
  const known = similarityFunctions.find((candidate) => candidate === name);
  if (known !== undefined) return measures[known];
  throw new UsageError(`similarity: the measure must be ${similarityFunctions.join(', ')}, got ${describeValue(name)}`);
}

/** An angle does not change with length: with the largest component 1, squares neither overflow nor vanish. */
function prepared(rows: readonly ArrayLike<number>[], measure: SimilarityFunction): readonly ArrayLike<number>[] {
  if (measure !== 'cosine') return rows;
  return rows.map((row) => {
    let largest = 0;
    for (let i = 0; i < row.length; i++) largest = Math.max(largest, Math.abs(row[i] ?? 0));
    return largest === 0 ? row : Float64Array.from(row, (value) => value / largest);
  });
}

function checkWidths(rows: readonly ArrayLike<number>[]): void {
  const width = rows[0]?.length ?? 0;
  for (const row of rows) {
    if (row.length !== width)
      throw new UsageError(`vectors of ${width} and ${row.length} dimensions cannot be compared`);
  }
}
