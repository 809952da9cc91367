import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FastText, KeyedVectors, UsageError, WeightsError } from '../../src/index.js';

const folder = path.join(import.meta.dirname, '../fixtures/word-vectors');
const temporary = mkdtempSync(path.join(tmpdir(), 'vectral-fasttext-'));
afterAll(() => rmSync(temporary, { recursive: true }));

interface Golden {
  args?: Record<string, number | string>;
  quantized?: boolean;
  words: number;
  dim?: number;
  vectors: { word: string; id?: number; vector: number[]; subwords?: [string, number][] }[];
  sentences?: { text: string; vector: number[]; predict?: [string, number][] }[];
  nearest?: Record<string, [string, number][]>;
  labels?: string[];
}
const golden: Record<string, Golden> = JSON.parse(readFileSync(path.join(folder, 'fasttext.golden.json'), 'utf8'));
const files = Object.keys(golden).filter((file) => file !== 'lid.176.ftz');

function expectNear(got: ArrayLike<number>, expected: number[], tolerance: number, what: string): void {
  expect(got.length, what).toBe(expected.length);
  const furthest = Math.max(...expected.map((x, i) => Math.abs(x - (got[i] ?? Number.NaN))));
  expect(furthest, what).toBeLessThanOrEqual(tolerance);
}

describe.each(files)('%s, as fastText reads it', (file) => {
  const expected = golden[file] as Golden;
  const tolerance = expected.quantized ? 1e-5 : 1e-6;
  const model = FastText.load(path.join(folder, file));

  it('has its settings, words and labels', async () => {
    const { args, quantized, words, labels, dim } = await model;
    expect(dim).toBe(expected.args?.dim ?? expected.dim);
    // gensim passes over the end of the line
    expect([expected.words, expected.words + 1]).toContain(words.length);
    if (!expected.args) return;
    const kind = expected.args.model === 'sg' ? 'skipgram' : expected.args.model;
    expect(args).toMatchObject({ ...expected.args, model: kind });
    expect(words).toHaveLength(expected.words);
    expect(quantized).toBe(expected.quantized);
    expect(labels).toEqual(expected.labels ?? []);
  });

  it('has the vectors and subwords of words, known or not', async () => {
    const fastText = await model;
    for (const { word, id, vector, subwords } of expected.vectors) {
      expectNear(fastText.vector(word), vector, tolerance, word);
      if (id !== undefined) expect(fastText.words.indexOf(word), word).toBe(id);
      if (subwords) expect(fastText.subwords(word)).toEqual(subwords);
    }
  });

  it('has the vectors of sentences, and labels them', async () => {
    const fastText = await model;
    for (const { text, vector, predict } of expected.sentences ?? []) {
      expectNear(fastText.sentenceVector(text), vector, tolerance, text);
      if (!predict) continue;
      const got = fastText.predict(text, { k: 5 });
      expectNear(
        got.map(({ score }) => score),
        predict.map(([, score]) => score),
        tolerance,
        text,
      );
      expect(got.map(({ label }) => label)).toEqual(predict.map(([label]) => label));
      expect(await fastText.predict([text, 'another', text], { k: 5 })).toEqual([
        got,
        fastText.predict('another', { k: 5 }),
        got,
      ]);
    }
  });

  it('finds the nearest words', async () => {
    const fastText = await model;
    for (const [word, nearest] of Object.entries(expected.nearest ?? {})) {
      const got = await fastText.nearest(word, { k: 5 });
      expectNear(
        got.map(([, score]) => score),
        nearest.map(([, score]) => score),
        tolerance,
        word,
      );
      expect(got.map(([name]) => name)).toEqual(nearest.map(([name]) => name));
    }
  });

  it('is written with the same bytes, an old one as a new one', async () => {
    const fastText = await model;
    const saved = path.join(temporary, file);
    await fastText.saveModel(saved);
    const bytes = readFileSync(path.join(folder, file));
    if (bytes.readInt32LE(0) === 793712314) {
      bytes.writeInt32LE(12, 4); // one file says 11, which has the same fields
      expect(readFileSync(saved).equals(bytes)).toBe(true);
    }
    using again = await FastText.load(saved, { mmap: false });
    expect(again.words).toEqual(fastText.words);
    for (const { word } of expected.vectors) expect(again.vector(word)).toEqual(fastText.vector(word));
    // over the file that it reads
    await again.saveModel(saved);
  });
});

describe('FastText', () => {
  const skipgram = FastText.load(path.join(folder, 'ft.skipgram.bin'));
  const classifier = FastText.load(path.join(folder, 'ft.sup-ova.bin'));

  it('has analogies: words nearest to a - b + c at length 1, the three left out', async () => {
    const fastText = await skipgram;
    const unit = (word: string) => {
      const x = Array.from(fastText.vector(word));
      const length = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
      return x.map((v) => v / length);
    };
    const [a, b, c] = ['the', 'school', 'principal'].map(unit) as [number[], number[], number[]];
    const query = a.map((v, i) => v - (b[i] ?? 0) + (c[i] ?? 0));
    const length = Math.sqrt(query.reduce((sum, v) => sum + v * v, 0));
    const ranked = fastText.words
      .filter((word) => !['the', 'school', 'principal'].includes(word))
      .map((word): [string, number] => [word, unit(word).reduce((sum, v, i) => sum + v * (query[i] ?? 0), 0) / length])
      .sort((x, y) => y[1] - x[1]);
    const got = await fastText.analogies('the', 'school', 'principal', { k: 3 });
    expectNear(
      got.map(([, score]) => score),
      ranked.slice(0, 3).map(([, score]) => score),
      1e-6,
      'scores',
    );
  });

  it('keeps to k and threshold; -1 gives every label', async () => {
    const fastText = await classifier;
    const all = fastText.predict('where is my card', { k: -1 });
    expect(all).toHaveLength(fastText.labels.length);
    expect(fastText.predict('where is my card')).toEqual(all.slice(0, 1));
    const least = all[1]?.score ?? 1;
    expect(fastText.predict('where is my card', { k: -1, threshold: least - 1e-4 })).toEqual(
      all.filter((p) => p.score > least - 1e-4),
    );
  });

  it('refuses what makes no sense', async () => {
    const fastText = await classifier;
    expect(() => fastText.predict('two\nlines')).toThrow(UsageError);
    expect(() => fastText.predict('a', { k: 0 })).toThrow(/"k" must be/);
    expect(() => fastText.predict('a', { threshold: Number.NaN })).toThrow(/"threshold" must be/);
    expect(() => fastText.vector(1 as never)).toThrow(/expected a text/);
    const words = await skipgram;
    expect(() => words.predict('a')).toThrow(/no classifier but "skipgram"/);
    await expect(words.nearest('a', { k: 0 })).rejects.toThrow(/"k" must be/);
    const closed = await FastText.load(path.join(folder, 'ft.sup-hs.bin'));
    closed.dispose();
    closed.dispose();
    expect(() => closed.vector('a')).toThrow(/disposed/);
  });
});

it('gives KeyedVectors the vectors of its words', async () => {
  const file = path.join(folder, 'ft.skipgram.bin');
  const vectors = await KeyedVectors.load(file);
  expect(vectors.size).toBe(golden['ft.skipgram.bin']!.words);
  const known = golden['ft.skipgram.bin']!.vectors.filter(({ word }) => vectors.has(word));
  expect(known.length).toBeGreaterThan(3);
  for (const { word, vector } of known) expectNear(vectors.vector(word), vector, 1e-6, word);
  await expect(KeyedVectors.load(file, { limit: 3 })).rejects.toThrow(/this is a fastText model/);
});

it('saves through links and to devices without taking their place', async () => {
  using model = await FastText.train(['a b c'], { minCount: 1, dim: 2, bucket: 3, epoch: 1 });
  const [real, link] = [path.join(temporary, 'real.bin'), path.join(temporary, 'link.bin')];
  await model.saveModel(real);
  symlinkSync('real.bin', link);
  await model.saveModel(link);
  expect(readlinkSync(link)).toBe('real.bin');
  await Promise.all(Array.from({ length: 8 }, () => model.saveModel(real)));
  using again = await FastText.load(link);
  expect(again.words).toEqual(model.words);
  await expect(model.saveModel('/dev/full')).rejects.toThrow(/\/dev\/full: cannot be written/);
  expect(lstatSync('/dev/full').isCharacterDevice()).toBe(true);
  expect(readdirSync(temporary).filter((name) => name.endsWith('.part'))).toEqual([]);
});

it('a file that is cut after it was loaded is told by every call', async () => {
  const file = path.join(temporary, 'cut.bin');
  using made = await FastText.train(['a b c'], { minCount: 1, dim: 64, bucket: 2000, epoch: 1 });
  await made.saveModel(file);
  using model = await FastText.load(file);
  truncateSync(file, 1000);
  expect(() => model.vector('a')).toThrow(WeightsError);
  const other = path.join(temporary, 'other.bin');
  for (const call of [() => model.nearest('a'), () => model.toKeyedVectors(), () => model.saveModel(other)]) {
    await expect(call).rejects.toThrow(/was truncated after it was loaded/);
    await expect(call).rejects.toBeInstanceOf(WeightsError);
  }
});
