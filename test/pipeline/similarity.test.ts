/** Measures of vectors at the edges of what numbers hold, and what is no vector. Values by hand. */
import { similarity, similarityPairwise, UsageError } from 'vectral';
import { describe, expect, it } from 'vitest';

const loose = (value: unknown) => value as never;

describe('cosine', () => {
  // a few roundings of float64 on numbers of size 1
  const digits = 14;

  it.each<[string, number[], number[], number]>([
    ['huge', [1e200, 1e200], [1e200, 1e200], 1],
    ['tiny', [1e-200, 0], [1e-200, 0], 1],
    ['subnormal', [5e-324, 0], [5e-324, 5e-324], Math.SQRT1_2],
    ['huge and tiny', [1e300, 1e300], [-1e-300, -1e-300], -1],
    ['at right angles', [1e200, 0], [0, 1e200], 0],
    ['with nothing', [0, 0], [1, 1], 0],
    ['as usual', [1, 2], [2, 1], 0.8],
  ])('%s', (_, a, b, want) => {
    expect(similarity([a], [b])[0]?.[0]).toBeCloseTo(want, digits);
    expect(similarityPairwise([a], [b])[0]).toBeCloseTo(want, digits);
    expect(similarity(a, b)[0]?.[0]).toBeCloseTo(want, digits);
  });
});

it('no vectors have no similarities', () => {
  expect(similarity([], [[1, 2]])).toEqual([]);
  expect(similarity([[1, 2]], [])).toEqual([[]]);
  expect(similarityPairwise([], [])).toEqual([]);
});

it('typed arrays are vectors', () => {
  expect(similarity(Float32Array.of(1, 2), [Float64Array.of(3, 4)], 'dot')).toEqual([[11]]);
});

describe('what is no vector is refused', () => {
  const place = 'must be a list of numbers or of such lists, got';
  it.each<[string, unknown, string]>([
    ['null', null, `a ${place} null`],
    ['nothing', undefined, `a ${place} undefined`],
    ['a number', 5, `a ${place} 5`],
    ['text', 'abc', `a ${place} "abc"`],
    ['a list of text', ['ab', 'cd'], `a[0] ${place} "ab"`],
    ['an object', {}, `a ${place} an object`],
    ['holes for vectors', new Array(2), `a[0] ${place} undefined`],
    // biome-ignore lint/suspicious/noSparseArray: the hole is what is tested
    ['a hole in a vector', [[1, , 2]], 'a[0][1] must be a number, got undefined'],
    ['numbers, then a vector', [1, [2]], 'a[1] must be a number, got a list of 1'],
    ['a vector, then a number', [[1, 2], 2], `a[1] ${place} 2`],
    ['a component of text', [[1, '2']], 'a[0][1] must be a number, got "2"'],
    ['null among components', [1, null], 'a[1] must be a number, got null'],
    ['big integers', BigInt64Array.of(1n, 2n), `a[0] ${place} 1`],
    ['a vector of nothing', [[]], `a[0] ${place} a list of 0`],
    ['vectors of two widths', [[1, 2], [1]], 'vectors of 2 and 1 dimensions cannot be compared'],
  ])('%s', (_, vectors, message) => {
    for (const compare of [similarity, similarityPairwise]) {
      expect(() => compare(loose(vectors), loose(vectors))).toThrow(UsageError);
      expect(() => compare(loose(vectors), loose(vectors))).toThrow(message);
    }
  });

  it.each(['jaccard', 'toString', null, 5])('the measure %s', (measure) => {
    for (const compare of [similarity, similarityPairwise]) {
      expect(() => compare([[1]], [[1]], loose(measure))).toThrow(UsageError);
      expect(() => compare([[1]], [[1]], loose(measure))).toThrow('must be cosine, dot, euclidean, manhattan, got');
    }
  });
});
