/**
 * SPLADE as sentence-transformers saves it, against its own vectors and token ids.
 * Tolerance: the fixture's own (20 times the reference's float32 error, at least 1e-5); see test/fixtures/README.md.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoModel, type SparseEmbeddings, SparseEncoder, type Tensor, UsageError } from 'vectral';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

interface Meta {
  texts: string[];
  max_seq_length: number;
  runs: { key: string; token_ids: number[][] }[];
  tolerance: { atol: Record<string, number>; rtol: number };
}

const folder = testPath('fixtures', 'transformers', 'splade');
const meta = readJson<Meta>(`${folder}/expected.json`);
const expected = readTensors(`${folder}/expected.safetensors`).get('sentence_embeddings')!;
const atol = meta.tolerance.atol.sentence_embeddings!;
let model: SparseEncoder;
let copies: string;
beforeAll(async () => {
  model = await SparseEncoder.load(folder);
  copies = mkdtempSync(join(tmpdir(), 'vectral-sparse-'));
});
afterAll(async () => {
  await model.dispose();
  rmSync(copies, { recursive: true });
});

function dense({ length, dimension, rows }: { length: number; dimension: number; rows: SparseEmbeddings }) {
  const data = new Float32Array(length * dimension);
  rows.rows().forEach(({ indices, values }, i) => {
    indices.forEach((index, k) => {
      data[i * dimension + index] = values[k]!;
    });
  });
  return data;
}
const denseOf = (rows: SparseEmbeddings) => dense({ length: rows.length, dimension: rows.dimension, rows });

function copyWith(name: string, pooling: Record<string, string>): string {
  const copy = join(copies, name);
  cpSync(folder, copy, { recursive: true });
  writeFileSync(join(copy, '1_SpladePooling/config.json'), JSON.stringify(pooling));
  return copy;
}

describe('encode', () => {
  it('gives the reference’s weights', async () => {
    const embeddings = await model.encode(meta.texts);
    expect([embeddings.length, embeddings.dimension]).toEqual(expected.shape);
    expect(worstExcess(denseOf(embeddings), expected.data, atol, meta.tolerance.rtol)).toBeLessThanOrEqual(0);
    for (const { indices, values } of embeddings) {
      expect([...indices]).toEqual([...new Set(indices)].sort((a, b) => a - b));
      expect(values.every((value) => value > 0)).toBe(true);
    }
  });

  it('cuts texts where the reference does, and says so', async () => {
    const long = meta.runs[0]!.token_ids.flatMap((ids, i) => {
      const whole = model.tokenizer.encode(meta.texts[i]!).ids.length;
      return whole > ids.length ? [i] : [];
    });
    expect(long.length).toBeGreaterThan(0);
    expect((await model.encode(meta.texts)).truncated).toEqual({ count: long.length, indices: long });
  });

  it('gives the same bits alone and in groups of any size', async () => {
    const whole = await model.encode(meta.texts);
    for (const batchTokens of [1, 60]) {
      expect((await model.encode(meta.texts, { batchTokens })).rows()).toEqual(whole.rows());
    }
    expect((await model.encode(meta.texts[5]!)).row(0)).toEqual(whole.row(5));
  });

  it('keeps the largest components only', async () => {
    const whole = (await model.encode(meta.texts[6]!)).row(0);
    const { indices, values } = (await model.encode(meta.texts[6]!, { maxActiveDims: 7 })).row(0);
    const best = [...whole.values].sort((a, b) => b - a).slice(0, 7);
    expect([...values].sort((a, b) => b - a)).toEqual(best);
    expect([...indices]).toEqual([...indices].sort((a, b) => a - b));
  });
});

describe('other poolings, against the logits of the same model', async () => {
  const ids = meta.runs[0]!.token_ids[6]!;
  const bert = await AutoModel.load(folder);
  afterAll(() => bert.dispose());
  const [logits] = (await bert.forward({ inputIds: [ids] })).logits as readonly Tensor[];
  const rows = logits!.toFloat32Array();
  const vocabulary = 400;
  const column = (v: number) => ids.map((_, t) => Math.max(rows[t * vocabulary + v]!, 0));

  it.each<[string, Record<string, string>, (column: number[]) => number]>([
    ['sum', { pooling_strategy: 'sum' }, (x) => x.reduce((sum, value) => sum + Math.log1p(value), 0)],
    ['log1p_relu', { activation_function: 'log1p_relu' }, (x) => Math.log1p(Math.log1p(Math.max(...x)))],
  ])('%s', async (name, config, want) => {
    await using other = await SparseEncoder.load(copyWith(name, config));
    const got = denseOf(await other.encode(meta.texts[6]!));
    const wanted = Array.from({ length: vocabulary }, (_, v) => want(column(v)));
    // float64 sums of the same float32 logits: one rounding, and that of the logits' own group
    expect(worstExcess(got, wanted, 1e-5)).toBeLessThanOrEqual(0);
  });
});

describe('what is made of vectors', () => {
  it('tokens with their weights, heaviest first', async () => {
    const embeddings = await model.encode(meta.texts.slice(2, 4));
    const [tokens] = model.decode(embeddings, { topK: 3 });
    const { indices, values } = embeddings.row(0);
    const best = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, 3);
    expect(tokens).toEqual(best.map((i) => [model.tokenizer.idToToken(indices[i]!), values[i]]));
    expect(model.decode(embeddings)[1]).toHaveLength(embeddings.row(1).values.length);
  });

  it('dot products', async () => {
    const [query, documents] = [await model.encodeQuery(meta.texts[2]!), await model.encodeDocument(meta.texts)];
    const [a, b] = [denseOf(query), denseOf(documents)];
    const want = meta.texts.map((_, i) => a.reduce((sum, x, v) => sum + x * b[i * a.length + v]!, 0));
    const [got] = model.similarity(query, documents);
    expect(model.similarityFnName).toBe('dot');
    expect(worstExcess(got!, want, 1e-9, 1e-12)).toBeLessThanOrEqual(0);
  });
});

describe('a router: weights of tokens for queries, SPLADE for documents', async () => {
  const router = testPath('fixtures', 'tasks', 'sparse-router');
  type Rows = Record<string, number>[];
  const want = readJson<{ texts: string[] } & Record<'query' | 'document' | 'none', Rows>>(`${router}/expected.json`);

  function expectRows(got: SparseEmbeddings, rows: Rows): void {
    rows.forEach((row, i) => {
      const { indices, values } = got.row(i);
      expect([...indices]).toEqual(Object.keys(row).map(Number));
      expect(worstExcess(values, Object.values(row), 1e-5)).toBeLessThanOrEqual(0);
    });
  }

  it('gives the reference’s vectors', async () => {
    await using routed = await SparseEncoder.load(router);
    const query = await routed.encodeQuery(want.texts);
    expectRows(query, want.query);
    expect(query.truncated.indices).toEqual([4]);
    expectRows(await routed.encodeDocument(want.texts), want.document);
    expectRows(await routed.encode(want.texts), want.none);
    const few = (await routed.encodeQuery(want.texts[0]!, { maxActiveDims: 2 })).row(0);
    expect([...few.values].sort()).toEqual(
      [...query.row(0).values]
        .sort((a, b) => b - a)
        .slice(0, 2)
        .sort(),
    );
  });

  it('reads weights from a table, and refuses what it cannot run', async () => {
    const copy = (name: string) => {
      const to = join(copies, name);
      cpSync(router, to, { recursive: true });
      return to;
    };
    const static_ = 'query_0_SparseStaticEmbedding';
    const table = copy('table');
    writeFileSync(join(table, static_, 'config.json'), JSON.stringify({ path: 'idf.json' }));
    writeFileSync(join(table, static_, 'idf.json'), JSON.stringify({ cat: 2.5, the: 0.25 }));
    await using loaded = await SparseEncoder.load(table);
    const [tokens] = loaded.decode(await loaded.encodeQuery('the cat, the cat'));
    expect(tokens).toEqual([
      ['cat', 2.5],
      ['the', 0.25],
    ]);

    const refuse = async (name: string, file: string, value: object, message: RegExp) => {
      const folder = copy(name);
      writeFileSync(join(folder, file), JSON.stringify(value));
      await expect(SparseEncoder.load(folder)).rejects.toThrow(message);
    };
    const config = readJson<{ structure: object; parameters: object }>(`${router}/router_config.json`);
    await refuse(
      'path',
      `${static_}/config.json`,
      { path: '../idf.json' },
      /"path" is "\.\.\/idf\.json"; it must be a \.json file/,
    );
    await refuse('word', `${static_}/config.json`, { path: 'config.json' }, /"path" is no token of the vocabulary/);
    const structure = (fields: object) => ({ ...config, structure: { ...config.structure, ...fields } });
    const file = 'router_config.json';
    await refuse('absent', file, structure({ query: ['x'] }), /"structure\.query" names "x", which is no module/);
    await refuse(
      'above',
      file,
      structure({ document: ['..'] }),
      /"structure\.document" names "\.\.", which is no module/,
    );
    await refuse(
      'both',
      file,
      structure({ query: ['document_0_Transformer'] }),
      /must be a SparseStaticEmbedding alone/,
    );
    await refuse(
      'route',
      file,
      { ...config, parameters: { default_route: 'image' } },
      /"parameters\.default_route" names "image"/,
    );
  });
});

describe('refuses', () => {
  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['what are no texts', () => model.encode(7 as never), /encode takes a string or a list of strings, got 7/],
    ['an unknown option', () => model.encode('a', { truncateDim: 4 } as never), /no "truncateDim" in options/],
    [
      'an unknown prompt',
      () => model.encode('a', { promptName: 'x' }),
      /no prompt "x" in this model; it has: document, query/,
    ],
    ['no model', () => SparseEncoder.load(undefined as never), /needs the id or the folder/],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(UsageError);
    await expect(call()).rejects.toThrow(message);
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ pooling_strategy: 'mean' }, /"pooling_strategy" is "mean"; supported: max, sum/],
    [{ activation_function: 'gelu' }, /"activation_function" is "gelu"; supported: relu, log1p_relu/],
  ])('%o', async (config, message) => {
    await expect(SparseEncoder.load(copyWith(Object.keys(config)[0]!, config))).rejects.toThrow(message);
  });

  it('a folder of other modules, or of another head', async () => {
    const dense = SparseEncoder.load(testPath('fixtures', 'transformers', 'st-mean'));
    await expect(dense).rejects.toThrow(/lists Transformer, Pooling; supported: Transformer, SpladePooling/);
    const other = SparseEncoder.load(testPath('fixtures', 'transformers', 'bert-tokcls'));
    await expect(other).rejects.toThrow(/must name a class …ForMaskedLM/);
  });
});
