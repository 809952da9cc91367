/** KeyedVectors beside gensim 4.4, on the 20,000 words of GloVe that come with the repository. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { KeyedVectors, Tensor, UsageError } from 'vectral';
import { beforeAll, describe, expect, test } from 'vitest';

const fixtures = 'test/fixtures/word-vectors';
const golden = JSON.parse(readFileSync(`${fixtures}/glove.golden.json`, 'utf8'));
type Neighbours = [string, number][];

let glove: KeyedVectors;
beforeAll(async () => {
  glove = await KeyedVectors.load('models/glove-6b-100d-20k');
});

/** gensim sums in float32: 1e-6 is about twenty roundings of a cosine; neighbours closer than that may change places. */
function expectNeighbours(got: Neighbours, expected: Neighbours, tolerance = 1e-6): void {
  expect(got.length).toBe(expected.length);
  for (const [i, [word, score]] of got.entries()) {
    expect(Math.abs(score - expected[i]![1])).toBeLessThan(tolerance);
    const same = expected.filter(([, other]) => Math.abs(other - score) < tolerance).map(([name]) => name);
    expect(same).toContain(word);
  }
}

describe('as gensim', () => {
  test('mostSimilar', () => {
    for (const { positive, negative, topn, result } of golden.most_similar) {
      expectNeighbours(glove.mostSimilar({ positive, negative, topn }), result);
    }
    const { positive, restrict_vocab, topn, result } = golden.most_similar_restricted;
    expectNeighbours(glove.mostSimilar({ positive, topn, restrictVocab: restrict_vocab }), result);
  });

  test('mostSimilarCosmul', () => {
    for (const { positive, negative, topn, result } of golden.most_similar_cosmul) {
      // the quotient of two products of such cosines
      expectNeighbours(glove.mostSimilarCosmul({ positive, negative, topn }), result, 3e-6);
    }
  });

  test('similarity, nSimilarity, doesntMatch', () => {
    for (const { a, b, value } of golden.similarity)
      expect(Math.abs(glove.similarity(a, b) - value)).toBeLessThan(1e-6);
    for (const { a, b, value } of golden.n_similarity) {
      expect(Math.abs(glove.nSimilarity(a, b) - value)).toBeLessThan(1e-6);
    }
    for (const { words, value } of golden.doesnt_match) expect(glove.doesntMatch(words)).toBe(value);
  });

  test('wmdistance, at length 1 and as the vectors are', () => {
    for (const { a, b, value, unnormalised } of golden.wmdistance) {
      expect(Math.abs(glove.wmdistance(a, b) - value)).toBeLessThan(1e-6);
      expect(Math.abs(glove.wmdistance(a, b, { norm: false }) - unnormalised)).toBeLessThan(1e-5);
    }
  });

  test('analogies by sections', async () => {
    const { accuracy, sections } = await glove.evaluateWordAnalogies(`${fixtures}/questions-small.txt`, {
      restrictVocab: 20_000,
      caseInsensitive: false,
    });
    const { 'Total accuracy': total, ...expected } = golden.analogies.sections;
    expect(Object.fromEntries(sections.map((s) => [s.section, [s.correct.length, s.incorrect.length]]))).toEqual(
      expected,
    );
    expect(sections.reduce((sum, s) => sum + s.correct.length, 0)).toBe(total[0]);
    expect(accuracy).toBeCloseTo(golden.analogies.accuracy, 10);
  });

  test.each(['WS-353-ALL', 'SIMLEX-999'])('pairs of %s', async (name) => {
    const { pearson, spearman, oovPercent } = await glove.evaluateWordPairs(`${fixtures}/EN-${name}.txt`);
    const expected = golden.word_pairs[name];
    expect(pearson).toBeCloseTo(expected.pearson, 6);
    expect(spearman).toBeCloseTo(expected.spearman, 6);
    expect(oovPercent).toBeCloseTo(expected.oov_percent, 10);
  });
});

describe('many at once', () => {
  test('are the same as one by one, in every number', async () => {
    const words = glove.words(100, 150);
    for (const count of [1, 3, 4, 5, 50]) {
      const vectors = words.slice(0, count).map((word) => glove.vector(word));
      const batch = await glove.nearest(vectors, { topn: 7 });
      for (const [i, found] of batch.entries())
        expectNeighbours(found, glove.similarByVector(vectors[i]!, { topn: 7 }));
    }
  });

  test('a search equals one in double precision over all rows', () => {
    const rows = glove.rows(Int32Array.from({ length: glove.size }, (_, i) => i));
    const length = (at: number) => Math.hypot(...rows.subarray(at * 100, at * 100 + 100));
    const query = glove.vector('music');
    const scores = Array.from({ length: glove.size }, (_, r) => {
      let sum = 0;
      for (let c = 0; c < 100; c++) sum += query[c]! * rows[r * 100 + c]!;
      return sum / length(r) / Math.hypot(...query);
    });
    const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, 20);
    const expected = order.map((r): [string, number] => [glove.words(r, r + 1)[0]!, scores[r]!]);
    expectNeighbours(glove.similarByVector(query, { topn: 20 }), expected);
  });
});

test('weights, vectors and words may be mixed; the words asked with are left out', () => {
  const mixed = glove.mostSimilar({ positive: [['king', 1], glove.vector('woman')], negative: [['man', 1]], topn: 2 });
  expect(mixed.map(([word]) => word)).toEqual(['queen', 'monarch']);
  expect(glove.mostSimilar({ positive: [glove.vector('king')], topn: 1 })[0]![0]).toBe('king');
  expect(glove.mostSimilar({ positive: ['king', ['queen', 0]], topn: 1 })[0]![0]).toBe('prince');
  expect(glove.mostSimilar({ positive: 'king', topn: 1 })[0]![0]).toBe('prince');
});

test('ranks', () => {
  expect(glove.rank('king', glove.mostSimilar({ positive: 'king', topn: 3 })[2]![0])).toBe(3);
  const nearest = glove.mostSimilar({ positive: 'king', topn: 3 }).map(([word]) => word);
  expect(glove.closerThan('king', nearest[2]!).sort()).toEqual(nearest.slice(0, 2).sort());
});

test('more results than there are words', () => {
  const three = KeyedVectors.from(['a', 'b', 'c'], Float32Array.of(1, 0, 0, 1, 1, 1));
  expect(three.mostSimilar({ positive: 'a', topn: 10 }).map(([word]) => word)).toEqual(['c', 'b']);
  expect(three.mostSimilarCosmul({ positive: 'a', topn: 10 }).map(([word]) => word)).toEqual(['c', 'b']);
  const zero = KeyedVectors.from(['a', 'zero'], Float32Array.of(1, 0, 0, 0));
  expect(zero.mostSimilar({ positive: 'a' })).toEqual([['zero', 0]]);
});

test('mistakes are told', () => {
  expect(() => glove.vector('King')).toThrow('"King" is not in the vocabulary of 20000 words; "king" is');
  expect(() => glove.mostSimilar({})).toThrow(UsageError);
  expect(() => glove.mostSimilar({ positive: [[1, 2]] as never })).toThrow('100 components');
  expect(() => glove.mostSimilar({ positive: 'king', topn: 0 })).toThrow('topn');
  expect(() => glove.mostSimilar({ positive: 'king', top: 3 } as never)).toThrow('did you mean');
  expect(() => KeyedVectors.from(['a', 'a'], Float32Array.of(1, 2))).toThrow('twice');
  expect(() => KeyedVectors.from(['\ud800'], Float32Array.of(1))).toThrow('the word "\\ud800" holds half a character');
  expect(() => KeyedVectors.from(['a', 'b'], Float32Array.of(1, 2, 3))).toThrow();
});

describe('refuses', () => {
  const three = KeyedVectors.from(['a', 'b', 'c'], Float32Array.of(1, 2, 3, 4, 5, 6));
  const cases: [string, () => unknown, RegExp][] = [
    ['f64', () => KeyedVectors.from(['a'], Tensor.from(Float64Array.of(1), { shape: [1, 1] })), /got f64; convert it/],
    ['NaN', () => KeyedVectors.from(['a', 'b'], Float32Array.of(1, Number.NaN)), /vector of "b" holds no finite/],
    ['words that are numbers', () => KeyedVectors.from([1] as never, Float32Array.of(1)), /must be a list of words/],
    ['a row too short', () => KeyedVectors.from(['a', 'b'], new Float32Array(5)), /a row for each word/],
    ['a vector as words', () => three.mostSimilar({ positive: 5 as never }), /positive and negative take/],
    ['null', () => three.mostSimilar({ positive: [null] as never }), /positive and negative take/],
    ['a query of NaN', () => three.similarByVector([Number.NaN, 1]), /finite numbers, got NaN as component 0/],
    ['weights', () => three.mostSimilarCosmul({ positive: ['a', ['b', 5]] }), /takes no weights/],
    ['a text', () => three.doesntMatch('a b' as never), /doesntMatch takes lists of words/],
    ['texts', () => three.nSimilarity('a' as never, ['b']), /nSimilarity takes lists of words/],
    ['a place between', () => three.rows([1.7]), /whole number from 0 to 2, got 1.7/],
    ['a place beyond', () => three.rows([2 ** 32]), /whole number from 0 to 2, got 4294967296/],
    ['too many places', () => three.rows({ length: 2 ** 30 }), /at most 536870912 numbers/],
    ['no places', () => three.rows(null as never), /rows: places must be a list/],
    ['a range before', () => three.words(-1, 3), /begin and end must be whole numbers/],
  ];
  test.each(cases)('%s', (_, call, message) => {
    expect(call).toThrow(message);
    expect(call).toThrow(UsageError);
  });

  test('to ask with what is no list', async () => {
    await expect(three.nearest('king' as never)).rejects.toThrow(/nearest: vectors must be a list/);
    await expect(three.nearest([[1, Number.NaN]])).rejects.toThrow(/finite numbers/);
  });

  test('to save what a form cannot hold', async () => {
    const large = KeyedVectors.from(['a', 'b'], Float32Array.of(1, 1, 1e5, 1));
    const folder = mkdtempSync(path.join(tmpdir(), 'vectral-forms-'));
    await expect(large.save(path.join(folder, 'own'))).rejects.toThrow(/"b" holds 100000, .* give dtype: 'f32'/);
    await large.save(path.join(folder, 'large.txt'));
    await expect(KeyedVectors.load(path.join(folder, 'large.txt'), { dtype: 'f16' })).rejects.toThrow(/line 3.*f16/);
    const headed = KeyedVectors.from(['2', 'b'], Float32Array.of(1, 2));
    const to = path.join(folder, 'headed.txt');
    await expect(headed.save(to, { format: 'glove' })).rejects.toThrow(/first line would be "2 1"/);
    await large.save(path.join(folder, 'own'), { dtype: 'f32' });
    await expect(KeyedVectors.load(path.join(folder, 'own'), { encoding: 'latin1' })).rejects.toThrow(
      /encoding is for/,
    );
    await expect(KeyedVectors.load('/dev/zero')).rejects.toThrow(/is no regular file/);
    rmSync(folder, { recursive: true });
  });
});

test('says that it was disposed of', async () => {
  const vectors = KeyedVectors.from(['a', 'b'], Float32Array.of(1, 2, 3, 4));
  const running = vectors.nearest([[1, 2]]);
  vectors.dispose();
  vectors.dispose();
  await expect(running).rejects.toThrow(new UsageError('these vectors were disposed of'));
  for (const use of [() => vectors.vector('a'), () => vectors.mostSimilar({ positive: 'a' }), () => vectors.words()])
    expect(use).toThrow(new UsageError('these vectors were disposed of'));
});
