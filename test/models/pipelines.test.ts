/**
 * Pipelines against transformers' own, on tiny random checkpoints (test/fixtures/tasks/make_tasks.py). Labels, tokens and
 * orders are equal; scores within 1e-5, some ten times the float32 noise of these models.
 */
import { pipeline } from 'vectral';
import { describe, expect, it } from 'vitest';
import { readJson, testPath } from '../reference/expected.js';

const tolerance = 1e-5;
const folderOf = (name: string) => testPath('fixtures', 'tasks', name);

/** `got` with every number that is close to `want`'s replaced by it: what is left to differ is a mistake. */
function settled(got: unknown, want: unknown): unknown {
  if (typeof got === 'number' && typeof want === 'number') return Math.abs(got - want) <= tolerance ? want : got;
  if (Array.isArray(got)) return got.map((value, i) => settled(value, (want as unknown[])?.[i]));
  if (typeof got !== 'object' || got === null) return got;
  const wanted = want as Record<string, unknown>;
  return Object.fromEntries(Object.entries(got).map(([key, value]) => [key, settled(value, wanted?.[key])]));
}

function expectEqual(got: unknown, want: unknown): void {
  expect(settled(got, want)).toEqual(want);
}

describe.each(['text-classification', 'text-classification-multi'])('%s', (name) => {
  interface Meta {
    texts: string[];
    all: { label: string; score: number }[][];
    pairs: [string, string][];
    pair_scores: { label: string; score: number }[][];
  }
  const meta = readJson<Meta>(`${folderOf(name)}/expected.json`);

  it('gives the labels of texts and of pairs', async () => {
    await using classify = await pipeline('text-classification', folderOf(name));
    expectEqual(await classify(meta.texts, { truncation: true }), meta.all);
    const pairs = meta.pairs.map(([text, textPair]) => ({ text, textPair }));
    expectEqual(await classify(pairs, { truncation: true }), meta.pair_scores);
    expectEqual(await classify(meta.texts[0]!, { topK: 2 }), meta.all[0]!.slice(0, 2));
  });

  it('gives the same bits alone and in groups of any size', async () => {
    await using classify = await pipeline('text-classification', folderOf(name));
    const whole = await classify(meta.texts, { truncation: true });
    expect(await classify(meta.texts, { truncation: true, batchTokens: 1 })).toEqual(whole);
    expect(await classify(meta.texts[3]!)).toEqual(whole[3]);
  });
});

describe('zero-shot-classification', () => {
  interface Run {
    options: { multi_label?: boolean; hypothesis_template?: string };
    one?: boolean;
    results: { sequence: string; labels: string[]; scores: number[] }[];
  }
  const folder = folderOf('zero-shot-classification');
  const meta = readJson<{ texts: string[]; candidate_labels: string[]; runs: Run[] }>(`${folder}/expected.json`);

  it.each(meta.runs)('$options $one', async ({ options, one, results }) => {
    await using classify = await pipeline('zero-shot-classification', folder);
    const { multi_label: multiLabel, hypothesis_template: hypothesisTemplate } = options;
    const labels = one ? ['weather'] : meta.candidate_labels;
    const texts = results.map((result) => result.sequence);
    const given = { multiLabel, hypothesisTemplate, truncation: true };
    expectEqual(await classify(texts, labels, given), results);
    expectEqual(await classify(texts[1]!, labels, given), results[1]);
  });
});

describe('fill-mask', () => {
  interface Filled {
    score: number;
    token: number;
    token_str: string;
    sequence: string;
  }
  interface Run {
    options: { top_k?: number; targets?: string[] };
    results: (Filled[] | Filled[][])[];
  }
  const folder = folderOf('fill-mask');
  const meta = readJson<{ texts: string[]; runs: Run[] }>(`${folder}/expected.json`);

  it.each(meta.runs)('$options', async ({ options: { top_k: topK, targets }, results }) => {
    await using fill = await pipeline('fill-mask', folder);
    const got = await fill(meta.texts, { topK, targets });
    got.forEach((row, i) => {
      const plain = row.map(({ tokenStr, index, ...rest }) => ({ ...rest, token_str: tokenStr }));
      expectEqual(plain, results[i]!.flat());
    });
    // the third text has two masks: the places of each, in order
    expect(new Set(got[2]!.map((filled) => filled.index)).size).toBe(2);
  });
});

describe('replaced-token-detection', () => {
  interface Meta {
    texts: string[];
    results: { word: string; score: number; index: number; start: number; end: number }[][];
  }
  const folder = folderOf('replaced-token-detection');
  const meta = readJson<Meta>(`${folder}/expected.json`);

  it('gives a probability for each token', async () => {
    await using detect = await pipeline('replaced-token-detection', folder);
    const got = await detect(meta.texts, { truncation: true });
    const want = meta.results.map((row) => row.map(({ word, score, index }) => ({ word, score, index })));
    expectEqual(got, want);
    expect(await detect(meta.texts[4]!)).toEqual(got[4]);
  });
});
