/** Phrases against gensim 4.4 (test/fixtures/word-vectors/make_phrases.py). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Phrases, type PhrasesOptions, UsageError, WeightsError, Word2Vec } from 'vectral';
import { afterAll, describe, expect, test } from 'vitest';

const { sentences, cases } = JSON.parse(readFileSync('test/fixtures/word-vectors/phrases.golden.json', 'utf8'));
const folder = mkdtempSync(path.join(tmpdir(), 'vectral-phrases-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Case {
  options: Record<string, unknown>;
  phrases: Record<string, number>;
  transformed: string[][];
  again: Record<string, number>;
  twice: string[][];
}

function camel(options: Record<string, unknown>): PhrasesOptions {
  const name = (key: string) => key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [name(key), value]));
}

/** Same phrases in any order, scores to 1e-9: the same few operations in double. */
function expectScores(found: Map<string, number>, expected: Record<string, number>) {
  expect([...found.keys()].sort()).toEqual(Object.keys(expected).sort());
  for (const [phrase, score] of found) expect(Math.abs(score - expected[phrase]!)).toBeLessThan(1e-9);
}

describe.each(cases as Case[])('$options', ({ options, phrases, transformed, again, twice }) => {
  const settings = camel(options);

  test('gensim finds the same', async () => {
    const found = await Phrases.train(sentences, settings);
    expectScores(found.exportPhrases(), phrases);
    expect(sentences.slice(0, 120).map((s: string[]) => found.transform(s))).toEqual(transformed);
    const longer = await Phrases.train(found.apply(sentences), settings);
    expectScores(longer.exportPhrases(), again);
    expect(sentences.slice(0, 40).map((s: string[]) => longer.transform(found.transform(s)))).toEqual(twice);
  });
});

test('from files and strings, and as the corpus of a training', async () => {
  const file = path.join(folder, 'text.txt');
  writeFileSync(file, sentences.map((words: string[]) => words.join(' ')).join('\n'));
  const found = await Phrases.train({ files: file }, { minCount: 1, threshold: 1 });
  expectScores(found.exportPhrases(), cases[0].phrases);
  expect(found.transform(' machine  learning\tcat ')).toEqual(['machine_learning', 'cat']);
  const { wv } = await Word2Vec.train(found.apply({ files: file }), {
    minCount: 1,
    vectorSize: 4,
    threads: 1,
    epochs: 2,
  });
  expect(wv.has('machine_learning')).toBe(true);
});

test('are saved and loaded', async () => {
  const file = path.join(folder, 'phrases.json');
  const found = await Phrases.train(sentences, camel(cases[3].options));
  await found.save(file);
  const loaded = await Phrases.load(file);
  expect(loaded.exportPhrases()).toEqual(found.exportPhrases());
  for (const sentence of sentences) expect(loaded.transform(sentence)).toEqual(found.transform(sentence));
  const json = JSON.parse(readFileSync(file, 'utf8'));
  for (const [change, message] of [
    [{ kind: 'x' }, /"kind" must be/],
    [{ version: 2 }, /"version" must be 1/],
    [{ delimiter: '' }, /"delimiter"/],
    [{ connectorWords: [1] }, /"connectorWords"/],
    [{ phrases: { a: 'b' } }, /"phrases"/],
  ] as const) {
    writeFileSync(file, JSON.stringify({ ...json, ...change }));
    await expect(Phrases.load(file)).rejects.toThrow(message);
    await expect(Phrases.load(file)).rejects.toBeInstanceOf(WeightsError);
  }
  writeFileSync(file, '{');
  await expect(Phrases.load(file)).rejects.toThrow(/phrases\.json: cannot be read/);
  await expect(found.save(path.join(folder, 'absent', 'x'))).rejects.toBeInstanceOf(WeightsError);
});

test.each([
  ['a b', {}, /a corpus is a list/],
  [[['a b']], {}, /a string without spaces/],
  [['a'], { minCount: 0 }, /minCount/],
  [['a'], { scoring: 'pmi' }, /scoring must be default or npmi/],
  [['a'], { scoring: 'npmi', threshold: 10 }, /threshold must be a number from -1 to 1/],
  [['a'], { threshold: Number.NaN }, /threshold/],
  [['a'], { delimiter: ' ' }, /delimiter/],
  [['a'], { maxVocabSize: 1e9 }, /maxVocabSize must be at most/],
  [['a'], { connectorWords: 'of' }, /connectorWords must be a list/],
  [['a'], { min_count: 3 }, /did you mean minCount/],
])('%j %j is refused', async (corpus, options, message) => {
  const training = Phrases.train(corpus as never, options as PhrasesOptions);
  await expect(training).rejects.toThrow(message);
  await expect(training).rejects.toBeInstanceOf(UsageError);
});

test('reads text as the trainers do', async () => {
  const corpus = Array.from({ length: 20 }, () => ['the', 'new\u00a0york', 'city']);
  const phrases = await Phrases.train(corpus, { minCount: 1, threshold: 0.01 });
  expect([...phrases.exportPhrases().keys()].some((phrase) => phrase.includes('new\u00a0york'))).toBe(true);
  const folder = mkdtempSync(path.join(tmpdir(), 'vectral-phrases-'));
  const file = path.join(folder, 'text');
  writeFileSync(file, Buffer.from('caf\xe9 th\xe9\n', 'latin1'));
  await expect(Phrases.train({ files: file })).rejects.toThrow(/not valid UTF-8/);
  rmSync(folder, { recursive: true });
});
