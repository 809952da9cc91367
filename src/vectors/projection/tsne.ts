/** t-SNE (van der Maaten & Hinton 2008), sped up by a quadtree (van der Maaten 2014). */
import { UsageError } from '../../errors.js';
import { checkOptions } from '../../options.js';
import { type Affinities, affinities } from './affinities.js';
import { pca } from './pca.js';
import { type Points, readPoints } from './points.js';
import { Quadtree } from './repulsion.js';
import { slices } from './slices.js';

/** How {@link tsne} projects; names and defaults are scikit-learn's. */
export interface TsneOptions {
  /**
   * About how many neighbours of a point count as near: a number from 1, less than the number of vectors. Default: 30, or a third of
   * the other vectors where they are few.
   */
  perplexity?: number | undefined;
  /** Factor of the affinities in the first 250 steps, which lets groups form; a number from 1. Default: 12. */
  earlyExaggeration?: number | undefined;
  /** Length of a step, above 0. Default: `max(vectors / earlyExaggeration / 4, 50)` (Belkina et al. 2019). */
  learningRate?: number | undefined;
  /** Steps, a whole number from 250. Default: 1000. */
  maxIter?: number | undefined;
  /**
   * Points so far away that their cell looks smaller than this (its width over its distance) push as one, from 0 to 0.7; and
   * only the 3 · perplexity + 1 nearest neighbours of a point attract it. 0: the exact method, O(n²) in time and memory. Default: 0.5.
   */
  angle?: number | undefined;
  /** Begins at random places drawn with this whole number from 0, instead of at the places that PCA gives. */
  seed?: number | undefined;
  /** Ends the work early; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Called after each step, with its number from 1. */
  onProgress?: ((progress: { readonly step: number; readonly steps: number }) => void) | undefined;
}

/** Places in which neighbours stay neighbours. */
export interface TsneResult {
  /** `[vectors, 2]`, with the mean 0. Distances far apart and the directions of the axes mean nothing. */
  readonly points: Float64Array;
  /** The divergence KL(P ‖ Q) in nats that is left, over the pairs that attract. */
  readonly klDivergence: number;
}

const exaggeratedSteps = 250;
const spread = 1e-4;
// Between two looks at the clock.
const rowsAtOnce = 64;

/**
 * Places `vectors` `[n][dim]` in the plane so that those near by Euclidean distance are near. The same vectors and options give the
 * same bits: it is computed by one thread in double precision, in slices of some milliseconds between which the event loop runs.
 * @throws UsageError for fewer than three vectors, a perplexity that is not less than their number, and vectors that differ in length or are not finite.
 */
export async function tsne(vectors: readonly ArrayLike<number>[], options: TsneOptions = {}): Promise<TsneResult> {
  const points = readPoints('tsne', vectors, 3);
  const { perplexity, exaggeration, learningRate, maxIter, angle } = readOptions(options, points.count);
  const pause = slices(options.signal);
  const y = await start(points, options);
  const neighbours = angle === 0 ? points.count - 1 : Math.min(points.count - 1, Math.floor(3 * perplexity + 1));
  const near = await affinities(points, perplexity, neighbours, pause);
  const tree = new Quadtree(points.count);
  const gradient = new Float64Array(y.length);
  const step = new Float64Array(y.length);
  const gains = new Float64Array(y.length).fill(1);
  for (let i = 0; i < maxIter; i++) {
    const early = i < exaggeratedSteps;
    await klGradient(near, y, tree, { angle, exaggeration: early ? exaggeration : 1 }, gradient, pause);
    if (i === exaggeratedSteps) step.fill(0);
    descend(y, gradient, step, gains, early ? 0.5 : 0.8, learningRate);
    options.onProgress?.({ step: i + 1, steps: maxIter });
  }
  if (!y.every(Number.isFinite)) throw new UsageError('tsne: the places grew beyond all bounds; lower learningRate');
  const total = await klGradient(near, y, tree, { angle, exaggeration: 1 }, gradient, pause);
  const result = { points: y, klDivergence: klDivergence(near, y, total) };
  centre(y);
  return result;
}

/**
 * Writes the gradient of KL(P ‖ Q), with an exaggeration of P times that, by the places `y` `[n, 2]` (van der Maaten & Hinton 2008,
 * equation 5). Returns Σ_ij 1 / (1 + |y_i − y_j|²), what Q is divided by.
 */
export async function klGradient(
  { begin, other, p }: Affinities,
  y: Float64Array,
  tree: Quadtree,
  { angle, exaggeration }: { angle: number; exaggeration: number },
  gradient: Float64Array,
  pause: () => Promise<void> | undefined,
): Promise<number> {
  const count = y.length / 2;
  tree.build(y);
  const force = new Float64Array(2);
  let total = 0;
  for (let i = 0; i < count; i++) {
    if (i % rowsAtOnce === 0) await pause();
    total += tree.repulsion(y[2 * i]!, y[2 * i + 1]!, angle, force);
    gradient[2 * i] = force[0]!;
    gradient[2 * i + 1] = force[1]!;
  }
  for (let i = 0; i < count; i++) {
    if (i % rowsAtOnce === 0) await pause();
    let pullX = 0;
    let pullY = 0;
    for (let k = begin[i]!; k < begin[i + 1]!; k++) {
      const dx = y[2 * i]! - y[2 * other[k]!]!;
      const dy = y[2 * i + 1]! - y[2 * other[k]! + 1]!;
      const attraction = (exaggeration * p[k]!) / (1 + dx * dx + dy * dy);
      pullX += attraction * dx;
      pullY += attraction * dy;
    }
    gradient[2 * i] = 4 * (pullX - gradient[2 * i]! / total);
    gradient[2 * i + 1] = 4 * (pullY - gradient[2 * i + 1]! / total);
  }
  return total;
}

/** KL(P ‖ Q) over the pairs that attract; `total` is what {@link klGradient} returned for these places. */
export function klDivergence({ begin, other, p }: Affinities, y: Float64Array, total: number): number {
  let divergence = 0;
  for (let i = 0; i + 1 < begin.length; i++) {
    for (let k = begin[i]!; k < begin[i + 1]!; k++) {
      const dx = y[2 * i]! - y[2 * other[k]!]!;
      const dy = y[2 * i + 1]! - y[2 * other[k]! + 1]!;
      if (p[k]! > 0) divergence += p[k]! * Math.log(p[k]! * total * (1 + dx * dx + dy * dy));
    }
  }
  return divergence;
}

/** Momentum, and a rate for each coordinate that grows while it keeps its direction (Jacobs 1988). */
function descend(
  y: Float64Array,
  gradient: Float64Array,
  step: Float64Array,
  gains: Float64Array,
  momentum: number,
  learningRate: number,
): void {
  for (let c = 0; c < y.length; c++) {
    const turned = gradient[c]! > 0 === step[c]! > 0;
    gains[c] = Math.max(turned ? gains[c]! * 0.8 : gains[c]! + 0.2, 0.01);
    step[c] = momentum * step[c]! - learningRate * gains[c]! * gradient[c]!;
    y[c]! += step[c]!;
  }
}

function centre(y: Float64Array): void {
  const mean = [0, 0];
  for (let c = 0; c < y.length; c++) mean[c % 2]! += (2 * y[c]!) / y.length;
  for (let c = 0; c < y.length; c++) y[c]! -= mean[c % 2]!;
}

/** So near to each other that no point is in another's way. */
async function start({ values, count, dim }: Points, { seed, signal }: TsneOptions): Promise<Float64Array> {
  if (seed !== undefined) return Float64Array.from({ length: 2 * count }, normal(seed)).map((x) => x * spread);
  const nComponents = Math.min(2, dim);
  const vectors = Array.from({ length: count }, (_, i) => values.subarray(i * dim, (i + 1) * dim));
  const { points, explainedVariance } = await pca(vectors, { nComponents, signal });
  const scale = explainedVariance[0]! > 0 ? spread / Math.sqrt(explainedVariance[0]!) : 0;
  const y = new Float64Array(2 * count);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < nComponents; k++) y[2 * i + k] = points[i * nComponents + k]! * scale;
  }
  return y;
}

/** Normal numbers (Box & Muller 1958) of a 32-bit generator (mulberry32). */
function normal(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

function readOptions(options: TsneOptions, count: number) {
  checkOptions('tsne', options, [
    'perplexity',
    'earlyExaggeration',
    'learningRate',
    'maxIter',
    'angle',
    'seed',
    'signal',
    'onProgress',
  ]);
  const {
    perplexity = Math.max(1, Math.min(30, (count - 1) / 3)),
    earlyExaggeration = 12,
    maxIter = 1000,
    angle = 0.5,
  } = options;
  const { learningRate = Math.max(count / earlyExaggeration / 4, 50), seed = 0 } = options;
  const check = (name: string, value: number, must: string, holds: boolean) => {
    if (!holds) throw new UsageError(`tsne: ${name} must be ${must}, got ${value}`);
  };
  const below = `a number from 1, less than the ${count} vectors`;
  check('perplexity', perplexity, below, perplexity >= 1 && perplexity < count);
  check(
    'earlyExaggeration',
    earlyExaggeration,
    'a number from 1',
    earlyExaggeration >= 1 && earlyExaggeration < Infinity,
  );
  check('learningRate', learningRate, 'a number above 0', learningRate > 0 && learningRate < Infinity);
  check(
    'maxIter',
    maxIter,
    `a whole number from ${exaggeratedSteps}`,
    Number.isSafeInteger(maxIter) && maxIter >= exaggeratedSteps,
  );
  check('angle', angle, 'a number from 0 to 0.7', angle >= 0 && angle <= 0.7);
  check('seed', seed, 'a whole number from 0 to 4294967295', Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32);
  return { perplexity, exaggeration: earlyExaggeration, learningRate, maxIter, angle };
}
