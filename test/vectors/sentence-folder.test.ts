/** Sentence vectors from word vectors, beside the papers' formulas in float64. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  KeyedVectors,
  SentenceTransformer,
  type SentenceWeightingOptions,
  saveSentenceTransformer,
  UsageError,
} from 'vectral';
import { afterAll, describe, expect, test } from 'vitest';

const fixtures = 'test/fixtures/word-vectors';
const folder = mkdtempSync(path.join(tmpdir(), 'vectral-sentences-'));
afterAll(() => rmSync(folder, { recursive: true }));
const golden = JSON.parse(readFileSync(`${fixtures}/sentences.golden.json`, 'utf8'));
const corpus: string[] = golden.sentences;

async function encode(options: SentenceWeightingOptions, texts = corpus.slice(0, 20)): Promise<Float32Array[]> {
  const vectors = await KeyedVectors.load(`${fixtures}/w2v.small.txt`);
  const to = path.join(folder, 'model');
  rmSync(to, { recursive: true, force: true });
  await saveSentenceTransformer(vectors, to, options);
  const model = await SentenceTransformer.load(to);
  const embeddings = await model.encode(texts, { normalizeEmbeddings: true });
  await model.dispose();
  return texts.map((_, i) => embeddings.row(i));
}

function furthest(got: readonly Float32Array[], expected: readonly (readonly number[])[]): number {
  return Math.max(...expected.flatMap((row, i) => row.map((x, c) => Math.abs(x - got[i]![c]!))));
}

describe('what the formulas give', () => {
  // Rows of single precision, directions of about 1: 1e-5 as for sentence-transformers.
  test.each(['mean', 'sif', 'usif'] as const)('%s', async (weighting) => {
    expect(furthest(await encode({ weighting, corpus }), golden[weighting])).toBeLessThan(1e-5);
  });

  test('from counts, and from words instead of texts', async () => {
    const counts = new Map<string, number>();
    for (const word of corpus.flatMap((text) => text.split(' '))) counts.set(word, (counts.get(word) ?? 0) + 1);
    const words = corpus.map((text) => text.split(' '));
    expect(furthest(await encode({ weighting: 'sif', corpus: words, counts }), golden.sif)).toBeLessThan(1e-5);
    // Without the common component they are others, and no corpus is needed.
    const plain = await encode({ weighting: 'sif', counts, components: 0 });
    expect(furthest(plain, golden.sif)).toBeGreaterThan(0.05);
  });

  test('shares are of all counts, also those of words without a vector', async () => {
    const vectors = KeyedVectors.from(['a', 'b'], Float32Array.of(1, 0, 0, 1));
    const to = path.join(folder, 'shares');
    const counts = new Map(Object.entries({ a: 10, b: 90, unknown: 900 }));
    await saveSentenceTransformer(vectors, to, { weighting: 'sif', counts, components: 0 });
    const model = await SentenceTransformer.load(to);
    const [x, y] = (await model.encode('a b')).data;
    await model.dispose();
    expect(x! / y!).toBeCloseTo((1e-3 + 0.09) / (1e-3 + 0.01), 5);
  });

  test('in half the space, stop words left out, texts in lower case', async () => {
    expect(furthest(await encode({ dtype: 'f16' }), golden.mean)).toBeLessThan(2e-3);
    const [without, upper, plain] = await encode({ stopWords: ['the'], lowerCase: true }, [
      'the king',
      'THE KING',
      'king',
    ]);
    expect(without).toEqual(plain);
    expect(upper).toEqual(plain);
  });

  test('of a text without known words: zeros', async () => {
    const [nothing] = await encode({ weighting: 'usif', corpus }, ['zzzz']);
    expect(nothing!.every((x) => x === 0)).toBe(true);
  });
});

test('refuses what makes no sense', async () => {
  const vectors = KeyedVectors.from(['a', 'b'], Float32Array.of(1, 2, 3, 4));
  const save = (options: object, to: unknown = path.join(folder, 'bad')) =>
    saveSentenceTransformer(vectors, to as string, options);
  await expect(save({ weighting: 'tfidf' })).rejects.toThrow(/weighting must be mean, sif or usif/);
  await expect(save({ weighting: 'sif' })).rejects.toThrow(/sif needs a corpus/);
  await expect(save({ weighting: 'usif', counts: new Map([['a', 1]]) })).rejects.toThrow(/usif needs a corpus/);
  await expect(save({ weighting: 'sif', corpus: ['c d'] })).rejects.toThrow(/no word of the corpus has a vector/);
  await expect(save({ weighting: 'sif', corpus: 'a b' })).rejects.toThrow(/files: 'a b'/);
  await expect(save({ weighting: 'sif', corpus: ['a b'], components: 3 })).rejects.toThrow(
    /components must be a whole number from 0 to 2/,
  );
  await expect(save({ weighting: 'sif', corpus: ['a'], a: 0 })).rejects.toThrow(/a must be a number above 0, got 0/);
  for (const count of [Number.NaN, -1, '3', 3n]) {
    const counts = new Map([['a', count]]);
    await expect(save({ weighting: 'sif', corpus: ['a'], counts })).rejects.toThrow(/count of "a" must be a number/);
  }
  await expect(save({ stopWords: 'the' })).rejects.toThrow(/stopWords must be a list/);
  await expect(save({ stopWords: [1] })).rejects.toThrow(/stopWords must be a list of words/);
  await expect(save({ lowerCase: 'no' })).rejects.toThrow(/lowerCase must be true or false/);
  await expect(save({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
  await expect(save({ counts: { a: 1 } })).rejects.toThrow(/counts must be a Map/);
  await expect(save({ dtype: 'i8' })).rejects.toThrow(/dtype must be f32 or f16/);
  await expect(save({ smooth: 1 })).rejects.toThrow(UsageError);
  await expect(save({}, '')).rejects.toThrow(/saveSentenceTransformer: the path must be a string/);
  await expect(save({}, 'README.md/none')).rejects.toThrow(/README.md.none: cannot be written/);
  const large = KeyedVectors.from(['a', 'b'], Float32Array.of(1, 2, 7e4, 4));
  const to = path.join(folder, 'large');
  await saveSentenceTransformer(large, to);
  await expect(saveSentenceTransformer(large, to, { dtype: 'f16' })).rejects.toThrow(
    /the vector of "b" holds 70000, which f16/,
  );
  // a folder of few dimensions takes away what it has
  await saveSentenceTransformer(vectors, to, { weighting: 'usif', corpus: ['a b', 'a'] });
});
