/** Principal component analysis (Pearson 1901; Hotelling 1933). */
import { UsageError } from '../../errors.js';
import { checkOptions } from '../../options.js';
import { type Points, readPoints } from './points.js';
import { slices } from './slices.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** How {@link pca} projects. */
export interface PcaOptions {
  /** Components to keep, at most the smaller of the number of vectors and of their components. Default: 2. */
  nComponents?: number | undefined;
  /** Ends the work early; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Vectors seen along the directions in which they differ most. */
export interface PcaResult {
  /** `[vectors, nComponents]`, centred: what to draw. */
  readonly points: Float64Array;
  /** `[nComponents, dim]`, the directions, each of length 1. */
  readonly components: Float64Array;
  /** `[nComponents]`, variances along them, over n − 1. */
  readonly explainedVariance: Float64Array;
  /** `[nComponents]`, their shares in the variance of all. */
  readonly explainedVarianceRatio: Float64Array;
  /** `[dim]`, of all vectors. */
  readonly mean: Float64Array;
}

/**
 * Projects `vectors` `[n][dim]` on the eigenvectors of their covariance with the largest eigenvalues, in double precision.
 * The entry of a direction that is largest in size is positive, as in scikit-learn 1.5 and later, so that the same vectors give the
 * same picture. O(n · dim² + dim³), in slices of some milliseconds between which the event loop runs.
 * @throws UsageError for fewer than two vectors, vectors that differ in length or are not finite, and too many components.
 */
export async function pca(vectors: readonly ArrayLike<number>[], options: PcaOptions = {}): Promise<PcaResult> {
  checkOptions('pca', options, ['nComponents', 'signal']);
  const points = readPoints('pca', vectors, 2);
  const { count, dim, scale } = points;
  const kept = options.nComponents ?? 2;
  if (kept > Math.min(count, dim)) {
    throw new UsageError(
      `pca: nComponents must be at most ${Math.min(count, dim)} for ${count} vectors of ${dim} components, got ${kept}`,
    );
  }
  const pause = slices(options.signal);
  const mean = centre(points);
  const covariance = await covarianceOf(points, pause);
  let total = 0;
  for (let c = 0; c < dim; c++) total += covariance[c * dim + c]!;
  const { values, vectors: directions } = await symmetricEigen(covariance, dim, pause);
  const components = directions.slice(0, kept * dim);
  for (let k = 0; k < kept; k++) turn(components.subarray(k * dim, (k + 1) * dim));
  // rounding may leave an eigenvalue of 0 a little below it
  const variance = values.slice(0, kept).map((value) => Math.max(value, 0));
  const projected = await project(points, components, kept, pause);
  return {
    points: projected.map((x) => x / scale),
    components,
    explainedVariance: variance.map((value) => value / scale / scale),
    explainedVarianceRatio: variance.map((value) => (total > 0 ? value / total : 0)),
    mean: mean.map((x) => x / scale),
  };
}

/** Takes the mean from each row. */
function centre({ values, count, dim }: Points): Float64Array {
  const mean = new Float64Array(dim);
  for (let i = 0; i < values.length; i++) mean[i % dim]! += values[i]! / count;
  for (let i = 0; i < values.length; i++) values[i]! -= mean[i % dim]!;
  return mean;
}

async function covarianceOf({ values, count, dim }: Points, pause: () => Promise<void> | undefined) {
  const sums = new Float64Array(dim * dim);
  for (let r = 0; r < count; r++) {
    await pause();
    const row = values.subarray(r * dim, (r + 1) * dim);
    for (let i = 0; i < dim; i++) {
      const x = row[i]!;
      for (let j = i; j < dim; j++) sums[i * dim + j]! += x * row[j]!;
    }
  }
  for (let i = 0; i < dim; i++) {
    for (let j = i; j < dim; j++) sums[j * dim + i] = sums[i * dim + j]! /= count - 1;
  }
  return sums;
}

function turn(direction: Float64Array): void {
  let largest = 0;
  for (const x of direction) if (Math.abs(x) > Math.abs(largest)) largest = x;
  if (largest < 0) for (let c = 0; c < direction.length; c++) direction[c] = -direction[c]!;
}

async function project(
  { values, count, dim }: Points,
  components: Float64Array,
  kept: number,
  pause: () => Promise<void> | undefined,
): Promise<Float64Array> {
  const projected = new Float64Array(count * kept);
  for (let r = 0; r < count; r++) {
    await pause();
    for (let k = 0; k < kept; k++) {
      let sum = 0;
      for (let c = 0; c < dim; c++) sum += values[r * dim + c]! * components[k * dim + c]!;
      projected[r * kept + k] = sum;
    }
  }
  return projected;
}
