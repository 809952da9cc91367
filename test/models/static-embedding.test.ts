/**
 * Folders whose texts enter through a StaticEmbedding, and model2vec's, against sentence-transformers' vectors
 * (test/fixtures/modules/make_static.py). Tolerance 1e-5 absolute and relative: means of a few float32 rows.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, SentenceTransformer, Tensor, WeightsError, writeSafetensors } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

const folderOf = (name: string) => testPath('fixtures', 'modules', name);

describe.each([
  ['static', 'StaticEmbedding, Normalize'],
  ['static-half', 'StaticEmbedding, Dense(Tanh)'],
  ['static-router', 'Transformer, Pooling(mean), Normalize'], // the route of texts without a task
  ['words', 'WordEmbeddings, Pooling(mean, max, weightedmean)'],
  ['words-weighted', 'WordEmbeddings, WordWeights, Pooling(mean_sqrt_len_tokens, mean), Dense(Tanh)'],
  ['bow', 'BoW'],
  ['bow-dense', 'BoW, Dense(Tanh), Normalize'],
  ['model2vec', 'StaticEmbedding, Normalize'],
  ['model2vec-int8', 'StaticEmbedding'],
])('%s', async (name, modules) => {
  const { texts, runs } = readJson<{ texts: string[]; runs: { key: string; task: string | null }[] }>(
    `${folderOf(name)}/expected.json`,
  );
  const expected = readTensors(`${folderOf(name)}/expected.safetensors`);
  const model = await SentenceTransformer.load(folderOf(name));
  afterAll(() => model.dispose());

  it('says what it is made of', () => {
    const said = model.describe();
    expect(said.modules.join(', ')).toBe(modules);
    if (name !== 'bow') expect(said.parameters).toBeGreaterThan(0);
  });

  it.each(runs)('$key: a batch, and the same bits alone', async ({ key, task }) => {
    const want = expected.get(key)!;
    const got = await model.encode(texts, { task: task ?? undefined });
    expect(got.shape).toEqual(want.shape);
    // The maximum of no words: docs/operations.md.
    const finite = Float32Array.from(want.data, (x) => Math.max(x, -1e9));
    expect(worstExcess(got.data, finite, 1e-5, 1e-5)).toBeLessThanOrEqual(0);
    for (const [i, text] of texts.entries()) {
      expect((await model.encode(text, { task: task ?? undefined })).data).toEqual(got.row(i).slice());
    }
  });
});

describe('a StaticEmbedding', async () => {
  const model = await SentenceTransformer.load(folderOf('static'));
  const half = await SentenceTransformer.load(folderOf('static-half'));
  afterAll(() => Promise.all([model.dispose(), half.dispose()]));

  it('has no limit of its own, and keeps that of tokenizer.json', async () => {
    expect(model.maxSeqLength).toBe(Number.POSITIVE_INFINITY);
    const long = 'the cat '.repeat(20_000);
    expect((await model.encode(long)).truncated.count).toBe(0);
    expect(half.maxSeqLength).toBe(6);
    expect((await half.encode(['the cat', long])).truncated.indices).toEqual([1]);
  });

  it('takes many texts in any order, with any number of threads, to the same bits', async () => {
    const { texts } = readJson<{ texts: string[] }>(`${folderOf('static')}/expected.json`);
    const many = Array.from({ length: 20_000 }, (_, i) => texts[(i * 13) % texts.length]!);
    const all = await model.encode(many);
    const one = await SentenceTransformer.load(folderOf('static'), { threads: 1 });
    expect((await one.encode(many)).data).toEqual(all.data);
    for (const i of [0, 1, 777, 19_999]) expect((await model.encode(many[i]!)).data).toEqual(all.row(i).slice());
    await one.dispose();
  });

  it('takes ready ids, prompts and fewer components', async () => {
    const text = 'The cat sat on the mat.';
    const ids = model.tokenizer.encode(text, { addSpecialTokens: false }).ids;
    expect((await model.encode({ inputIds: [ids] })).data).toEqual((await model.encode(text)).data);
    expect((await model.encode('cat', { prompt: 'the ' })).data).toEqual((await model.encode('the cat')).data);
    expect((await model.encode(text, { truncateDim: 7 })).shape).toEqual([1, 7]);
    await expect(model.encode({ inputIds: [[1e6]] })).rejects.toThrow('inputIds[0][0]');
  });

  it('is explained', async () => {
    const explanation = await model.explain({ tokens: [64] });
    expect(JSON.stringify(explanation)).toContain('embedding');
  });
});

describe('whole words', async () => {
  const model = await SentenceTransformer.load(folderOf('words'));
  afterAll(() => model.dispose());

  it('are cut where the folder says, and have no tokenizer.json', async () => {
    expect(model.maxSeqLength).toBe(7);
    expect((await model.encode(['cat', 'cat '.repeat(8)])).truncated.indices).toEqual([1]);
    expect(() => model.tokenizer).toThrow('this model has no tokenizer.json');
    expect(model.describe().tokenizer).toMatchObject({ kind: 'Whitespace', vocabSize: 18 });
  });
});

describe('a folder that is not right', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vectral-static-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const int8 = () => cpSync(folderOf('model2vec-int8'), folder, { recursive: true });
  const refused = async (message: RegExp, kind: new (...args: never[]) => Error) => {
    const loading = SentenceTransformer.load(folder);
    await expect(loading).rejects.toThrow(message);
    await expect(loading).rejects.toBeInstanceOf(kind);
  };
  const table = (rows: number) => Tensor.from(new Float32Array(rows * 4), { shape: [rows, 4] });

  it.each([
    ['without rows', { other: table(3) }, /embeddings/],
    ['of one dimension', { embeddings: Tensor.from([1, 2, 3]) }, /"embeddings" must have 2 dimensions/],
    ['of no rows', { embeddings: table(0) }, /none 0; found \[0, 4\]/],
    [
      'whose mapping leaves its rows',
      { embeddings: table(3), mapping: Tensor.from(Int32Array.of(0, 3)) },
      /"mapping" names row 3 of 3/,
    ],
    [
      'whose weights are too few',
      { embeddings: table(3), weights: Tensor.from([1, 2]) },
      /"weights" has 2 numbers for 3 tokens/,
    ],
  ])('%s', async (_, tensors, message) => {
    int8();
    await writeSafetensors(join(folder, 'model.safetensors'), tensors as Record<string, Tensor>);
    await refused(message, WeightsError);
  });

  it('without a tokenizer, or one that cuts the beginning', async () => {
    int8();
    const file = join(folder, 'tokenizer.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    json.truncation = { max_length: 5, direction: 'Left', strategy: 'LongestFirst', stride: 0 };
    writeFileSync(file, JSON.stringify(json));
    await refused(/tokenizer\.json: "truncation\.direction" is "Left"/, ConfigError);
    json.truncation.max_length = -1;
    writeFileSync(file, JSON.stringify(json));
    await refused(/truncation\.max_length/, ConfigError);
    rmSync(file);
    await refused(/tokenizer|vocab/, ConfigError);
  });

  const edited = (name: string, file: string, change: (json: Record<string, unknown>) => void) => {
    rmSync(folder, { recursive: true });
    cpSync(folderOf(name), folder, { recursive: true });
    const json = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    change(json);
    writeFileSync(join(folder, file), JSON.stringify(json));
  };

  it.each([
    [
      'wordembedding_config.json',
      { tokenizer_class: 'a.PhraseTokenizer' },
      /is PhraseTokenizer, which is not supported/,
    ],
    ['wordembedding_config.json', { max_seq_length: 'x' }, /max_seq_length/],
    ['whitespacetokenizer_config.json', { vocab: [1] }, /"vocab" must be a list of words/],
    ['whitespacetokenizer_config.json', { stop_words: 'the' }, /"stop_words" must be a list of words/],
    [
      'whitespacetokenizer_config.json',
      { vocab: Array.from({ length: 19 }, String) },
      /has 19 words, but .* has 18 rows/,
    ],
  ])('of words, %s with %j', async (file, change, message) => {
    edited('words', file, (json) => Object.assign(json, change));
    await refused(message, ConfigError);
  });

  it('whose word weights are none, or are not followed by what adds up', async () => {
    edited('words-weighted', '2_Pooling/config.json', (json) => Object.assign(json, { pooling_mode: ['mean', 'max'] }));
    await refused(/after WordWeights its modes must be mean or mean_sqrt_len, not max/, ConfigError);
    edited('words-weighted', 'wordembedding_config.json', () => {});
    await writeSafetensors(join(folder, '1_WordWeights', 'model.safetensors'), { 'emb_layer.weight': table(18) });
    await refused(/"emb_layer.weight" must be \[V, 1\], found \[18, 4\]/, WeightsError);
  });

  it('whose rows are too few for its tokens', async () => {
    int8();
    await writeSafetensors(join(folder, 'model.safetensors'), { embeddings: table(3) });
    const model = await SentenceTransformer.load(folder);
    await expect(model.encode('The cat')).rejects.toThrow(/embedding/);
    expect((await model.encode('')).data).toEqual(new Float32Array(4));
    await model.dispose();
  });
});
