/**
 * Pipelines against transformers' own, on tiny random checkpoints (test/fixtures/tasks/make_tasks.py). Labels, tokens and
 * orders are equal; scores within 1e-5, some ten times the float32 noise of these models.
 */
import { type AggregationStrategy, type Answer, pipeline } from 'vectral';
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

/** A place in code points, as Python counts, in UTF-16 units. */
function inUnits<T extends { start: number; end: number }>(text: string, place: T): T {
  const units = (count: number) => [...text].slice(0, count).join('').length;
  return { ...place, start: units(place.start), end: units(place.end) };
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
    expectEqual(
      got,
      meta.results.map((row, i) => row.map((token) => inUnits(meta.texts[i]!, token))),
    );
    expect(await detect(meta.texts[4]!)).toEqual(got[4]);
  });
});

describe.each(['token-classification', 'token-classification-bpe', 'token-classification-unigram'])('%s', (name) => {
  interface Found {
    entity?: string;
    entity_group?: string;
    score: number;
    index?: number;
    word: string;
    start: number;
    end: number;
  }
  interface Run {
    aggregation_strategy: AggregationStrategy;
    ignore_labels?: string[];
    stride?: number;
    max_length?: number;
    results: Found[][];
  }
  const folder = folderOf(name);
  const meta = readJson<{ texts: string[]; runs: Run[] }>(`${folder}/expected.json`);

  it.each(meta.runs)('$aggregation_strategy $ignore_labels $stride', async (run) => {
    const { aggregation_strategy: aggregationStrategy, ignore_labels: ignoreLabels, stride, results } = run;
    await using classify = await pipeline('token-classification', folder, { maxLength: run.max_length });
    const texts = meta.texts.slice(0, results.length);
    const truncation = stride === undefined;
    const got = await classify(texts, { aggregationStrategy, ignoreLabels, stride, truncation });
    const want = results.map((found, i) =>
      found.map(({ entity_group: entityGroup, ...rest }) =>
        inUnits(texts[i]!, entityGroup === undefined ? rest : { entityGroup, ...rest }),
      ),
    );
    expectEqual(got, want);
    const options = { aggregationStrategy, ignoreLabels, stride, truncation: true, batchTokens: 1 };
    expect(await classify(texts[3]!, options)).toEqual(got[3]);
  });
});

describe.each(['question-answering', 'question-answering-bpe'])('%s', (name) => {
  interface Run {
    options: {
      top_k?: number;
      handle_impossible_answer?: boolean;
      max_answer_len?: number;
      align_to_words?: boolean;
      max_seq_len?: number;
      doc_stride?: number;
    };
    results: Answer[][];
  }
  const folder = folderOf(name);
  const meta = readJson<{ questions: [string, string][]; runs: Run[] }>(`${folder}/expected.json`);

  it.each(meta.runs)('$options', async ({ options, results }) => {
    await using answer = await pipeline('question-answering', folder);
    const questions = results.map((_, i) => ({ question: meta.questions[i]![0], context: meta.questions[i]![1] }));
    const given = {
      topK: options.top_k,
      handleImpossibleAnswer: options.handle_impossible_answer,
      maxAnswerLength: options.max_answer_len,
      alignToWords: options.align_to_words,
      maxLength: options.max_seq_len,
      stride: options.doc_stride,
    };
    const want = results.map((answers, i) => answers.map((found) => inUnits(questions[i]!.context, found)));
    const got = await answer(questions, given);
    expectEqual(got, want);
    expect(await answer(questions[1]!, { ...given, batchTokens: 1 })).toEqual(got[1]);
  });
});
