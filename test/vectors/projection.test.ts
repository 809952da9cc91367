/** PCA and t-SNE against scikit-learn, SciPy and plain double sums (test/fixtures/word-vectors/make_projection.py). */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { KeyedVectors, pca, tsne } from '../../src/index.js';
import { affinities } from '../../src/vectors/projection/affinities.js';
import { readPoints } from '../../src/vectors/projection/points.js';
import { Quadtree } from '../../src/vectors/projection/repulsion.js';
import { symmetricEigen } from '../../src/vectors/projection/symmetric-eigen.js';
import { klDivergence, klGradient } from '../../src/vectors/projection/tsne.js';

const fixtures = 'test/fixtures/word-vectors';
const golden = JSON.parse(readFileSync(`${fixtures}/projection.golden.json`, 'utf8'));
const now = () => undefined;

let glove: Float32Array[];
beforeAll(async () => {
  const vectors = await KeyedVectors.load(`${fixtures}/glove.2k.100d.txt.gz`);
  glove = vectors.words().map((word) => vectors.vector(word));
});

/** Normal numbers, the same in each run. */
function normals(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  let worst = 0;
  for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i]! - wanted[i]!));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

describe('pca', () => {
  // both in double, by an SVD there and by eigenvectors of the covariance here
  test.each([
    ['pca', 300],
    ['pca_wide', 20],
  ])('%s equals scikit-learn, signs included', async (name, count) => {
    const wanted = golden[name];
    const got = await pca(glove.slice(0, count), { nComponents: 3 });
    expectClose(got.points, wanted.points, 1e-9);
    expectClose(got.components, wanted.components, 1e-9);
    expectClose(got.explainedVariance, wanted.explained_variance, 1e-9);
    expectClose(got.explainedVarianceRatio, wanted.explained_variance_ratio, 1e-9);
  });

  test('of vectors that are all the same', async () => {
    const { points, explainedVarianceRatio } = await pca([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ]);
    expect([...points]).toEqual([0, 0, 0, 0, 0, 0]);
    expect([...explainedVarianceRatio]).toEqual([0, 0]);
  });

  test.each([
    [[[1, 2]], {}, /pca needs 2 vectors or more, got 1/],
    ['ab', {}, /vectors must be a list/],
    [[[1, 2], [1]], {}, /vector 1 must have 2 components as the first has, got 1/],
    [
      [
        [1, 2],
        [1, Number.NaN],
      ],
      {},
      /vector 1 has NaN as component 1/,
    ],
    [[[], []], {}, /vector 0 must be a list of numbers/],
    [
      [
        [1, 2],
        [1, 3],
      ],
      { nComponents: 3 },
      /nComponents must be at most 2/,
    ],
    [
      [
        [1, 2],
        [1, 3],
      ],
      { components: 1 },
      /did you mean nComponents|there is no "components"/,
    ],
  ])('refuses %j', async (vectors, options, message) => {
    await expect(pca(vectors as number[][], options as object)).rejects.toThrow(message);
  });
});

test.each(['random', 'clustered', 'blocks', 'rank one', 'identity'])('eigenvectors of a %s matrix', async (kind) => {
  const n = 24;
  const next = normals(3);
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let x = next();
      if (kind === 'clustered') x = (i === j ? 1 : 0) + 1e-9 * x;
      if (kind === 'blocks') x = i % 3 === j % 3 ? x : 0;
      if (kind === 'rank one') x = (i + 1) * (j + 1);
      if (kind === 'identity') x = i === j ? 1 : 0;
      matrix[i * n + j] = matrix[j * n + i] = x;
    }
  }
  const { values, vectors } = await symmetricEigen(matrix.slice(), n, now);
  const scale = Math.max(...values.map(Math.abs));
  for (let k = 0; k < n; k++) {
    if (k > 0) expect(values[k]!).toBeLessThanOrEqual(values[k - 1]!);
    const v = vectors.subarray(k * n, (k + 1) * n);
    for (let i = 0; i < n; i++) {
      let [product, with_i] = [0, 0];
      for (let j = 0; j < n; j++) {
        product += matrix[i * n + j]! * v[j]!;
        with_i += vectors[i * n + j]! * v[j]!;
      }
      expect(Math.abs(product - values[k]! * v[i]!)).toBeLessThan(1e-13 * scale * n);
      expect(Math.abs(with_i - (i === k ? 1 : 0))).toBeLessThan(1e-13 * n);
    }
  }
});

describe('t-SNE', () => {
  const { n, perplexity, p, p_sklearn, p_nearest, y, kl_divergence, gradient } = golden.tsne;
  const places = Float64Array.from(y as number[]);
  const dense = async (neighbours: number) => {
    const { begin, other, p } = await affinities(readPoints('', glove.slice(0, n), 3), perplexity, neighbours, now);
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let k = begin[i]!; k < begin[i + 1]!; k++) matrix[i * n + other[k]!] = p[k]!;
    }
    return { matrix, near: { begin, other, p } };
  };

  test('affinities equal a root finder’s and scikit-learn’s', async () => {
    const { matrix } = await dense(n - 1);
    expectClose(matrix, p, 1e-12);
    // scikit-learn computes in float32 and stops at an entropy within 1e-5; the largest entry is 0.007
    expectClose(matrix, p_sklearn, 1e-7);
  });

  test('affinities of the nearest alone', async () => {
    const { matrix } = await dense(23);
    expectClose(matrix, p_nearest, 1e-12);
  });

  test('gradient and divergence equal scikit-learn’s', async () => {
    const { near } = await dense(n - 1);
    const got = new Float64Array(2 * n);
    const total = await klGradient(near, places, new Quadtree(n), { angle: 0, exaggeration: 1 }, got, now);
    expect(klDivergence(near, places, total)).toBeCloseTo(kl_divergence, 10);
    expectClose(got, gradient, 1e-12);
  });

  test('the quadtree’s sums: exact with angle 0, near with 0.5, and with points in one place', () => {
    const next = normals(5);
    const count = 500;
    const points = Float64Array.from({ length: 2 * count }, () => 10 * next());
    for (let i = 0; i < 20; i++) points.set([1, 2], 2 * i);
    const tree = new Quadtree(count);
    tree.build(points);
    const force = new Float64Array(2);
    for (const [angle, tolerance] of [
      [0, 1e-12],
      [0.5, 0.05],
    ] as const) {
      for (let i = 0; i < count; i += 7) {
        let [sum, x, y, size] = [0, 0, 0, 0];
        for (let j = 0; j < count; j++) {
          if (j === i) continue;
          const [dx, dy] = [points[2 * i]! - points[2 * j]!, points[2 * i + 1]! - points[2 * j + 1]!];
          const near = 1 / (1 + dx * dx + dy * dy);
          sum += near;
          x += near * near * dx;
          y += near * near * dy;
          size += near * near * Math.hypot(dx, dy);
        }
        const got = tree.repulsion(points[2 * i]!, points[2 * i + 1]!, angle, force);
        expect(Math.abs(got - sum)).toBeLessThan(tolerance * sum + 1e-12);
        expect(Math.hypot(force[0]! - x, force[1]! - y)).toBeLessThan(tolerance * size + 1e-12);
      }
    }
  });

  const groups = (count: number) => {
    const next = normals(11);
    const centres = Array.from({ length: 6 }, () => Array.from({ length: 20 }, () => 4 * next()));
    return Array.from({ length: count }, (_, i) => centres[i % 6]!.map((x) => x + next()));
  };

  test.each([
    ['quadtree', { angle: 0.5 }],
    ['exact', { angle: 0 }],
    ['random start', { seed: 4 }],
  ])('keeps neighbours of grouped points: %s', async (_, options) => {
    const vectors = groups(180);
    const { points, klDivergence: left } = await tsne(vectors, { perplexity: 20, maxIter: 500, ...options });
    expect(trustworthiness(vectors, points, 12)).toBeGreaterThanOrEqual(0.95);
    expect(left).toBeGreaterThan(0);
    expect(Math.abs(points.reduce((sum, x) => sum + x, 0))).toBeLessThan(1e-9);
    // each point's nearest is of its group
    for (let i = 0; i < 180; i++) expect(order(points, 2, i)[0]! % 6).toBe(i % 6);
  });

  test('the same bits again, others with another seed', async () => {
    const vectors = groups(60);
    const [first, again, seeded, seededAgain, other] = await Promise.all(
      [{}, {}, { seed: 1 }, { seed: 1 }, { seed: 2 }].map((options) => tsne(vectors, { ...options, maxIter: 250 })),
    );
    expect(again!.points).toEqual(first!.points);
    expect(seededAgain!.points).toEqual(seeded!.points);
    expect(other!.points).not.toEqual(seeded!.points);
  });

  test('few points, points in one place, and vectors of one component', async () => {
    for (const vectors of [
      [
        [1, 2],
        [3, 4],
        [5, 7],
      ],
      [
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
      ],
      [[1], [2], [4], [8], [16]],
    ]) {
      const { points } = await tsne(vectors);
      expect(points.every(Number.isFinite)).toBe(true);
    }
  });

  test('lets the event loop run, tells how far it is, and ends early', async () => {
    const controller = new AbortController();
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const steps: number[] = [];
    const running = tsne(glove.slice(0, 400), {
      signal: controller.signal,
      onProgress: ({ step }) => {
        steps.push(step);
        if (step === 20) controller.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    expect(steps.slice(0, 3)).toEqual([1, 2, 3]);
    expect(steps.length).toBeLessThan(1000);
    await expect(tsne(glove, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
    await expect(pca(glove, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  const four = [
    [1, 2],
    [3, 4],
    [5, 7],
    [0, 1],
  ];
  test.each([
    [four.slice(2), {}, /tsne needs 3 vectors or more, got 2/],
    [four, { perplexity: 4 }, /perplexity must be a number from 1, less than the 4 vectors, got 4/],
    [four, { perplexity: 0.5 }, /perplexity must be a number from 1/],
    [four, { perplexity: Number.NaN }, /perplexity must be a number from 1/],
    [four, { perplexity: '3' }, /perplexity must be a number/],
    [four, { maxIter: 100 }, /maxIter must be a whole number from 250/],
    [four, { angle: 0.8 }, /angle must be a number from 0 to 0.7/],
    [four, { seed: -1 }, /seed must be a whole number from 0/],
    [four, { learningRate: 0 }, /learningRate must be a number above 0/],
    [four, { earlyExaggeration: 0.5 }, /earlyExaggeration must be a number from 1/],
    [four, { max_iter: 300 }, /did you mean maxIter/],
  ])('refuses %j with %j', async (vectors, options, message) => {
    await expect(tsne(vectors, options as object)).rejects.toThrow(message);
  });
});

/** Points by their distance from i, nearest first, without i. */
function order(points: ArrayLike<number>, dim: number, i: number): number[] {
  const square = (j: number) => {
    let sum = 0;
    for (let c = 0; c < dim; c++) sum += (points[i * dim + c]! - points[j * dim + c]!) ** 2;
    return sum;
  };
  const squares = Array.from({ length: points.length / dim }, (_, j) => square(j));
  return [...squares.keys()].filter((j) => j !== i).sort((a, b) => squares[a]! - squares[b]!);
}

/** Venna & Kaski (2001): 1 where every neighbour in the picture is one among the vectors. */
function trustworthiness(vectors: number[][], points: Float64Array, k: number): number {
  const n = vectors.length;
  let penalty = 0;
  for (let i = 0; i < n; i++) {
    const rank = new Map(order(vectors.flat(), vectors[0]!.length, i).map((j, at) => [j, at + 1]));
    for (const j of order(points, 2, i).slice(0, k)) penalty += Math.max(0, rank.get(j)! - k);
  }
  return 1 - (2 * penalty) / (n * k * (2 * n - 3 * k - 1));
}

// Powers of two, so that t-SNE, which a rounding sends elsewhere, sees the same bits.
test.each([2 ** 300, 2 ** -300, 2 ** -800])('at a scale of %d the same picture', async (scale) => {
  const plain = [
    [0, 1, 2],
    [1, 0, 5],
    [3, 3, 1],
    [7, 2, 2],
    [4, 4, 9],
  ];
  const scaled = plain.map((row) => row.map((x) => x * scale));
  const [one, other] = [await pca(plain), await pca(scaled)];
  for (const [i, share] of one.explainedVarianceRatio.entries()) {
    expect(other.explainedVarianceRatio[i]).toBeCloseTo(share, 10);
  }
  for (const [i, x] of one.points.entries()) expect(other.points[i]! / scale).toBeCloseTo(x, 8);
  for (const [i, x] of one.components.entries()) expect(other.components[i]).toBeCloseTo(x, 8);
  const { points } = await tsne(scaled, { maxIter: 250 });
  expect(points).toEqual((await tsne(plain, { maxIter: 250 })).points);
});

test('numbers whose squares overflow are refused', async () => {
  await expect(pca([[1e200], [0]], { nComponents: 1 })).rejects.toThrow(/vector 0 has 1e\+200 as component 0/);
  const points = [[0], [1], [2], [3]];
  await expect(tsne(points, { learningRate: 1e300 })).rejects.toThrow(/grew beyond all bounds; lower learningRate/);
});
