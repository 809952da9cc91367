/** Ranking, options and mistakes of cross-encoders, and where the function of their scores is read from. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, CrossEncoder, UsageError } from 'vectral';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testPath } from '../reference/expected.js';

const folder = testPath('fixtures', 'transformers', 'crossencoder-1');
const query = 'how do i reset my password';
const documents = ['rain tomorrow', 'You can reset the password in the library.', 'the cat', 'the cat', ''];
/** Options and inputs as plain JavaScript may pass them. */
const loose = (value: unknown) => value as never;
let model: CrossEncoder;
let copies: string;
beforeAll(async () => {
  model = await CrossEncoder.load(folder, { threads: 2 });
  copies = mkdtempSync(join(tmpdir(), 'vectral-cross-'));
});
afterAll(async () => {
  await model.dispose();
  rmSync(copies, { recursive: true });
});

/** The fixture with other fields in two of its files; undefined takes a field away. */
function copyWith(name: string, config: Record<string, unknown>, saved: Record<string, unknown>): string {
  const copy = join(copies, name);
  cpSync(folder, copy, { recursive: true });
  for (const [file, fields] of Object.entries({ 'config.json': config, 'config_sentence_transformers.json': saved })) {
    const value = JSON.parse(readFileSync(join(copy, file), 'utf8'));
    writeFileSync(join(copy, file), JSON.stringify({ ...value, ...fields }));
  }
  return copy;
}

describe('rank', () => {
  it('orders by score, equal scores as given', async () => {
    const { data } = await model.predict(documents.map((document) => [query, document] as const));
    const ranked = await model.rank(query, documents);
    const want = [...data.keys()].sort((a, b) => data[b]! - data[a]! || a - b);
    expect(ranked.map((result) => result.corpusId)).toEqual(want);
    for (const { corpusId, score } of ranked) expect(score).toBe(data[corpusId]);
    expect(ranked.findIndex((r) => r.corpusId === 2) + 1).toBe(ranked.findIndex((r) => r.corpusId === 3));
  });

  it('gives the best only, with their texts', async () => {
    const whole = await model.rank(query, documents);
    const [first, second, ...rest] = await model.rank(query, documents, { topK: 2, returnDocuments: true });
    expect(rest).toEqual([]);
    expect(first).toEqual({ ...whole[0], text: documents[whole[0]!.corpusId] });
    expect(second).toEqual({ ...whole[1], text: documents[whole[1]!.corpusId] });
  });

  it('tells what was cut', async () => {
    const ranked = await model.rank(query, ['short', 'word '.repeat(40)]);
    expect(Object.fromEntries(ranked.map((r) => [r.corpusId, r.truncated]))).toEqual({ 0: false, 1: true });
    const { truncated } = await model.predict([
      [query, 'word '.repeat(40)],
      ['a', 'b'],
    ]);
    expect(truncated).toEqual({ count: 1, indices: [0] });
  });

  it('of nothing is nothing', async () => expect(await model.rank(query, [])).toEqual([]));
});

describe('predict', () => {
  it('copies its input before it returns', async () => {
    const pairs: [string, string][] = Array.from({ length: 5 }, (_, i) => [query, 'the cat '.repeat(i)]);
    const want = await model.predict(structuredClone(pairs), { batchTokens: 1 });
    const call = model.predict(pairs, { batchTokens: 1 });
    for (const pair of pairs) pair.fill('other');
    expect((await call).data).toEqual(want.data);
  });

  it('applies a function of the caller', async () => {
    const logits = await model.predict([query, 'the cat'], { activationFn: 'identity' });
    const doubled = await model.predict([query, 'the cat'], { activationFn: (logit) => 2 * logit });
    expect(doubled.data[0]).toBe(2 * logits.data[0]!);
    const squashed = await model.predict([query, 'the cat'], { activationFn: 'tanh' });
    expect(squashed.data[0]).toBeCloseTo(Math.tanh(logits.data[0]!), 6);
  });

  it('puts a prompt before the first text', async () => {
    const want = await model.predict([`the ${query}`, 'the cat']);
    expect((await model.predict([query, 'the cat'], { prompt: 'the ' })).data).toEqual(want.data);
  });

  it('reports progress and stops at an abort', async () => {
    const pairs = documents.map((document) => [query, document] as const);
    const seen: [number, number][] = [];
    await model.predict(pairs, { batchTokens: 1, onProgress: (done, total) => seen.push([done, total]) });
    expect(seen.at(-1)).toEqual([5, 5]);
    const reason = new Error('enough');
    const controller = new AbortController();
    const call = model.predict(pairs, {
      batchTokens: 1,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(call).rejects.toBe(reason);
    await expect(model.predict(pairs, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('has one row for each label', async () => {
    await using nli = await CrossEncoder.load(testPath('fixtures', 'transformers', 'crossencoder-nli'));
    const scores = await nli.predict(
      [
        ['a', 'b'],
        ['b', 'a'],
      ],
      { applySoftmax: true },
    );
    expect([scores.length, scores.numLabels, scores.data.length]).toEqual([2, 3, 6]);
    for (const row of scores.rows()) expect(row.reduce((sum, x) => sum + x)).toBeCloseTo(1, 6);
    expect(() => scores.row(2)).toThrow(UsageError);
    await expect(nli.rank('a', ['b'])).rejects.toThrow('this one has 3; use predict');
  });

  it('reads shorter pairs where it is told to', async () => {
    await using short = await CrossEncoder.load(folder, { maxLength: 8 });
    expect(short.maxSeqLength).toBe(8);
    expect((await short.predict([query, 'the cat'])).truncated.count).toBe(1);
  });
});

describe('the activation', () => {
  const pair = ['rain tomorrow', 'the cat'] as const;
  const sigmoid = (x: number) => Math.fround(1 / (1 + Math.exp(-x)));
  const identity = 'torch.nn.modules.linear.Identity';
  const tanh = 'torch.nn.modules.activation.Tanh';
  const none = { activation_fn: undefined };

  it.each<[string, Record<string, unknown>, Record<string, unknown>, (x: number) => number]>([
    ['nothing-named', {}, none, sigmoid],
    ['first-place', { sbert_ce_default_activation_function: tanh }, { activation_fn: identity }, (x) => x],
    [
      'second-place',
      { sentence_transformers: { activation_fn: identity }, sbert_ce_default_activation_function: tanh },
      none,
      (x) => x,
    ],
    ['third-place', { sbert_ce_default_activation_function: tanh }, none, (x) => Math.fround(Math.tanh(x))],
  ])('%s', async (name, config, saved, want) => {
    await using loaded = await CrossEncoder.load(copyWith(name, config, saved));
    const logit = (await loaded.predict(pair, { activationFn: 'identity' })).data[0]!;
    expect((await loaded.predict(pair)).data[0]).toBe(want(logit));
  });

  it('of an unknown class is refused, unless the caller gives one', async () => {
    const copy = copyWith('unknown', {}, { activation_fn: 'my.module.Act' });
    const error: unknown = await CrossEncoder.load(copy).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(
      /config_sentence_transformers\.json: "activation_fn" is "my\.module\.Act"; supported/,
    );
    await using loaded = await CrossEncoder.load(copy, { activationFn: 'identity' });
    expect((await loaded.predict(pair)).length).toBe(1);
  });
});

describe('refuses', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['a text', () => model.predict(loose('a')), /takes a pair of strings or a list of pairs, got "a"/],
    ['a triple', () => model.predict(loose([['a', 'b', 'c']])), /pair 0 is a list of 3/],
    [
      'a number in a pair',
      () =>
        model.predict(
          loose([
            ['a', 'b'],
            ['a', 7],
          ]),
        ),
      /pair 1 holds 7/,
    ],
    ['an unknown option', () => model.predict(['a', 'b'], loose({ apply_softmax: true })), /did you mean applySoftmax/],
    [
      'an unknown activation',
      () => model.predict(['a', 'b'], loose({ activationFn: 'swish' })),
      /identity, sigmoid, tanh, relu, got "swish"/,
    ],
    [
      'an unknown prompt',
      () => model.predict(['a', 'b'], { promptName: 'query' }),
      /no prompt "query" in this model; it has: none/,
    ],
    ['a query that is none', () => model.rank(loose(undefined), []), /takes a query string, got undefined/],
    ['documents that are none', () => model.rank('q', loose('d')), /takes a list of documents, got "d"/],
    ['a document that is none', () => model.rank('q', loose(['d', null])), /document 1 is not a string, got null/],
    ['softmax in a ranking', () => model.rank('q', [], loose({ applySoftmax: true })), /no "applySoftmax"/],
    ['no model', () => CrossEncoder.load(loose(undefined)), /CrossEncoder\.load needs the id or the folder of a model/],
    [
      'too long a limit',
      () => CrossEncoder.load(folder, { maxLength: 25 }),
      /maxLength must be a whole number from 4 to 24, got 25/,
    ],
    [
      'an unknown arithmetic',
      () => CrossEncoder.load(folder, loose({ dtype: 'fp16' })),
      /dtype "fp16" is not supported/,
    ],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(UsageError);
    await expect(call()).rejects.toThrow(message);
  });

  it('a folder without the head', async () => {
    const call = CrossEncoder.load(testPath('fixtures', 'transformers', 'bert-tokcls'));
    await expect(call).rejects.toThrow(/"architectures" must name a class …ForSequenceClassification/);
  });

  it('anything once disposed', async () => {
    const gone = await CrossEncoder.load(folder);
    const call = gone.predict(['a', 'b']);
    await gone.dispose();
    await gone.dispose();
    expect((await call).length).toBe(1);
    await expect(gone.predict(['a', 'b'])).rejects.toThrow('this model was disposed');
  });
});
