/** What callers of the pipelines may get wrong, and what ends them: each mistake is one typed line with its mend. */
import {
  ConfigError,
  type FillMask,
  type LoadedPipeline,
  pipeline,
  type TextClassification,
  UsageError,
  type ZeroShotClassification,
} from 'vectral';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPath } from '../reference/expected.js';

const folderOf = (name: string) => testPath('fixtures', 'tasks', name);
/** Options and inputs as plain JavaScript may pass them. */
const loose = (value: unknown) => value as never;
const long = 'word '.repeat(100);
let classify: TextClassification & LoadedPipeline;
let zeroShot: ZeroShotClassification & LoadedPipeline;
let fill: FillMask & LoadedPipeline;
beforeAll(async () => {
  classify = await pipeline('text-classification', folderOf('text-classification'));
  zeroShot = await pipeline('zero-shot-classification', folderOf('zero-shot-classification'));
  fill = await pipeline('fill-mask', folderOf('fill-mask'));
});
afterAll(async () => {
  for (const loaded of [classify, zeroShot, fill]) await loaded.dispose();
});

it('tells what was loaded', () => {
  expect(classify.folder).toBe(folderOf('text-classification'));
  expect([classify.maxSeqLength, zeroShot.maxSeqLength]).toEqual([24, 40]);
  expect(classify.tokenizer.vocabSize).toBe(400);
});

it('makes scores by another function', async () => {
  const [logits, sigmoid] = await Promise.all(
    (['none', 'sigmoid'] as const).map((functionToApply) => classify('the cat', { functionToApply })),
  );
  for (const { label, score } of sigmoid!) {
    const logit = logits!.find((row) => row.label === label)!.score;
    expect(score).toBeCloseTo(1 / (1 + Math.exp(-logit)), 12);
  }
});

it('of nothing gives nothing', async () => {
  expect(await classify([])).toEqual([]);
  expect(await zeroShot([], ['a'])).toEqual([]);
});

it('copies its input before it returns, reports progress and stops at an abort', async () => {
  const texts = ['the cat', 'a dog', 'rain'];
  const want = await classify([...texts]);
  const call = classify(texts, { batchTokens: 1 });
  texts.fill('other');
  expect(await call).toEqual(want);
  const seen: number[] = [];
  await classify(texts, { batchTokens: 1, onProgress: (done) => seen.push(done) });
  expect(seen).toEqual([1, 2, 3]);
  const reason = new Error('enough');
  await expect(classify(texts, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

it('reads a shorter length where it is told to', async () => {
  await using short = await pipeline('text-classification', folderOf('text-classification'), { maxLength: 8 });
  expect(short.maxSeqLength).toBe(8);
  await expect(short('how do i reset my password')).rejects.toThrow('this model reads 8');
});

describe('refuses', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'an unknown task',
      () => pipeline(loose('text-clasification'), 'x'),
      /no task "text-clasification"; did you mean "text-classification"\?/,
    ],
    ['what is no task', () => pipeline(loose(7), 'x'), /no task 7; it takes text-classification, /],
    ['a name every object has', () => pipeline(loose('toString'), 'x'), /no task "toString"/],
    ['no model', () => pipeline('fill-mask', loose(undefined)), /pipeline\("fill-mask"\) needs the id or the folder/],
    ['an unknown option of loading', () => pipeline('fill-mask', 'x', loose({ topK: 1 })), /no "topK" in options/],
    [
      'a number',
      () => classify(loose(7)),
      /text-classification takes a text, { text, textPair } or a list of them, got 7/,
    ],
    ['a number among texts', () => classify(loose(['a', 7])), /but text 1 is 7/],
    [
      'half a pair',
      () => classify(loose({ text: 'a' })),
      /takes a text, { text, textPair } or a list of them, got an object/,
    ],
    ['an unknown option', () => classify('a', loose({ top_k: 1 })), /did you mean topK\?/],
    [
      'an unknown function',
      () => classify('a', loose({ functionToApply: 'max' })),
      /must be softmax, sigmoid, none, got "max"/,
    ],
    ['a long text', () => classify(['a', long]), /text 1 has \d+ tokens, this model reads 24; .*truncation: true/],
    ['no labels', () => zeroShot('a', []), /takes a list of candidate labels, got a list of 0/],
    ['a text for labels', () => zeroShot('a', loose('b')), /takes a list of candidate labels, got "b"/],
    ['a label that is none', () => zeroShot('a', loose(['b', 1])), /candidate label 1 is not a string, got 1/],
    [
      'a template without a place',
      () => zeroShot('a', ['b'], { hypothesisTemplate: 'x' }),
      /must hold \{\} once, where a label goes, got "x"/,
    ],
    ['a template with two', () => zeroShot('a', ['b'], { hypothesisTemplate: '{}{}' }), /must hold \{\} once/],
    ['a long text to label', () => zeroShot(['a', long], ['b', 'c']), /text 1 with its hypothesis has \d+ tokens/],
    ['a long hypothesis', () => zeroShot('a', [long], { truncation: true }), /cannot make the pair fit/],
    ['no mask', () => fill(['[MASK]', 'the cat']), /text 1 has no \[MASK\] to fill/],
    [
      'targets that are words',
      () => fill('[MASK]', { targets: ['cat', 'cats'] }),
      /targets\[1\] "cats" is no token of this vocabulary, which reads it as "cat ##s"/,
    ],
    ['no targets', () => fill('[MASK]', { targets: [] }), /targets is empty/],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(UsageError);
    await expect(call()).rejects.toThrow(message);
  });

  it.each<[Parameters<typeof pipeline>[0], string, RegExp]>([
    [
      'text-classification',
      'fill-mask',
      /"architectures" must name a class …ForSequenceClassification.*got "BertForMaskedLM"/,
    ],
    ['fill-mask', 'text-classification', /"architectures" must name a class …ForMaskedLM/],
    [
      'zero-shot-classification',
      'text-classification',
      /"id2label" must name several labels, one of which begins with "entail"/,
    ],
  ])('%s of a folder for %s', async (task, name, message) => {
    await expect(pipeline(task, folderOf(name))).rejects.toThrow(ConfigError);
    await expect(pipeline(task, folderOf(name))).rejects.toThrow(message);
  });

  it('anything once disposed', async () => {
    const gone = await pipeline('text-classification', folderOf('text-classification'));
    await gone.dispose();
    await expect(gone('a')).rejects.toThrow('this model was disposed');
  });
});

describe('token-classification', () => {
  const folder = folderOf('token-classification');
  it.each<[string, unknown, unknown, RegExp]>([
    [
      'an unknown strategy',
      'the cat',
      { aggregationStrategy: 'mean' },
      /must be none, simple, first, average, max, got "mean"/,
    ],
    ['labels that are no list', 'the cat', { ignoreLabels: 'O' }, /ignoreLabels must be a list/],
    ['a stride that is none', 'the cat', { stride: -1 }, /stride must be a whole number from 0/],
    ['a stride without room', long, { stride: 64 }, /stride must be smaller than the 62 tokens/],
    [
      'a long text',
      long,
      {},
      /text 0 has 302 tokens, this model reads 64; shorten it, read it in parts with stride, or/,
    ],
  ])('refuses %s', async (_, input, options, message) => {
    await using label = await pipeline('token-classification', folder);
    const call = label(loose(input), loose(options));
    await expect(call).rejects.toThrow(UsageError);
    await expect(call).rejects.toThrow(message);
  });

  it('has no entities in nothing', async () => {
    await using label = await pipeline('token-classification', folder);
    expect(await label(['', ' '], { aggregationStrategy: 'first', stride: 3 })).toEqual([[], []]);
  });
});

describe('question-answering', () => {
  const folder = folderOf('question-answering');
  const question = { question: 'who', context: 'the cat sat' };
  it.each<[string, unknown, unknown, RegExp]>([
    ['a string', 'who', {}, /takes { question, context } or a list of them, both texts, got "who"/],
    ['no context', { question: 'who' }, {}, /takes { question, context } or a list of them, both texts, got an object/],
    [
      'more than the model reads',
      question,
      { maxLength: 65 },
      /maxLength must be at most 64, what this model reads; got 65/,
    ],
    ['a question without room for a context', { question: long, context: long }, {}, /cannot make the pair fit/],
    ['truncation', question, { truncation: true }, /there is no "truncation"/],
  ])('refuses %s', async (_, input, options, message) => {
    await using answer = await pipeline('question-answering', folder);
    const call = answer(loose(input), loose(options));
    await expect(call).rejects.toThrow(UsageError);
    await expect(call).rejects.toThrow(message);
  });

  it('finds nothing in nothing, unless there may be no answer', async () => {
    await using answer = await pipeline('question-answering', folder);
    const nothing = { question: 'who', context: '' };
    expect(await answer(nothing)).toEqual([]);
    const [none] = await answer(nothing, { handleImpossibleAnswer: true });
    expect(none).toMatchObject({ start: 0, end: 0, answer: '' });
  });
});
