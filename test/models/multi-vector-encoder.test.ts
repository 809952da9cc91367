/**
 * Late interaction as sentence-transformers saves it, against its own token vectors, ids and scores; and the two older
 * forms, made of the same weights. Tolerance: the fixture's own (at least 1e-5); see test/fixtures/README.md.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MultiVectorEncoder, maxsim, maxsimPairwise, SafetensorsFile, UsageError, writeSafetensors } from 'vectral';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

type Ids = { input_ids: number[][]; attention_mask: number[][] };
interface Meta {
  texts: string[];
  runs: { query: Ids; document: Ids };
  tolerance: { atol: Record<'query' | 'document', number>; rtol: number };
}

const folder = testPath('fixtures', 'transformers', 'colbert');
const meta = readJson<Meta>(`${folder}/expected.json`);
const expected = readTensors(`${folder}/expected.safetensors`);
const { atol, rtol } = meta.tolerance;
let model: MultiVectorEncoder;
let copies: string;
beforeAll(async () => {
  model = await MultiVectorEncoder.load(folder);
  copies = mkdtempSync(join(tmpdir(), 'vectral-multi-'));
});
afterAll(async () => {
  await model.dispose();
  rmSync(copies, { recursive: true });
});

async function expectVectors(from: MultiVectorEncoder): Promise<void> {
  for (const task of ['query', 'document'] as const) {
    const got = await (task === 'query' ? from.encodeQuery(meta.texts) : from.encodeDocument(meta.texts));
    expect([got.length, got.dimension]).toEqual([meta.texts.length, 24]);
    for (let i = 0; i < got.length; i++) {
      const want = expected.get(`${task}.${i}`)!;
      expect([i, ...got.text(i).shape]).toEqual([i, ...want.shape]);
      expect(worstExcess(got.text(i).data, want.data, atol[task], rtol)).toBeLessThanOrEqual(0);
    }
  }
}

describe('vectors', () => {
  it('are the reference’s, of queries and documents', () => expectVectors(model));

  it('have the lengths of the folder', () => {
    expect([model.queryLength, model.documentLength, model.dimension]).toEqual([16, 20, 24]);
    expect(model.prompts).toEqual({ query: '[Q] ', document: '[D] ' });
  });

  it('tell which texts were cut', async () => {
    const cut = (task: 'query' | 'document', length: number) =>
      meta.texts.flatMap((text, i) => {
        const { ids } = model.tokenizer.encode(model.prompts[task] + text);
        return ids.length > length ? [i] : [];
      });
    expect((await model.encodeQuery(meta.texts)).truncated.indices).toEqual(cut('query', 16));
    expect((await model.encodeDocument(meta.texts)).truncated.indices).toEqual(cut('document', 20));
  });

  it('have the same bits alone and in groups of any size', async () => {
    for (const encode of [model.encodeQuery, model.encodeDocument].map((method) => method.bind(model))) {
      const whole = await encode(meta.texts);
      for (const batchTokens of [1, 60]) expect((await encode(meta.texts, { batchTokens })).data).toEqual(whole.data);
      expect((await encode(meta.texts[6]!)).data).toEqual(whole.text(6).data);
    }
  });

  it('leave out the skipped tokens of documents alone', async () => {
    const [stop, none] = [await model.encodeDocument('the cat.'), await model.encodeDocument('the cat')];
    expect(stop.text(0).length).toBe(none.text(0).length);
    expect((await model.encodeQuery('.')).text(0).length).toBe(16);
  });
});

describe('scores', () => {
  it('are the reference’s', async () => {
    const [queries, documents] = [await model.encodeQuery(meta.texts), await model.encodeDocument(meta.texts)];
    const want = expected.get('maxsim')!;
    // 16 products of unit vectors, each with the vectors' own error
    const got = model.similarity(queries, documents);
    expect(worstExcess(got.flat(), want.data, 16 * 2 * atol.query, rtol)).toBeLessThanOrEqual(0);
    const paired = model.similarityPairwise(queries, documents);
    expect(
      worstExcess(
        paired,
        got.map((row, i) => row[i]!),
        1e-5,
      ),
    ).toBeLessThanOrEqual(0);
  });

  it('of a document with no vector, and of none, are 0 and nothing', async () => {
    await using other = await MultiVectorEncoder.load(
      copyWith('keep-none', { '3_MultiVectorMask/config.json': { keep_only_token_ids: [205] } }),
    );
    const queries = await other.encodeQuery(['the cat', 'rain']);
    const documents = await other.encodeDocument(['a', 'the', 'b']);
    expect(Array.from({ length: 3 }, (_, i) => documents.text(i).length)).toEqual([0, 1, 0]);
    const [row] = maxsim(queries, documents);
    expect([row![0], row![2]]).toEqual([0, 0]);
    expect(row![1]).not.toBe(0);
    expect(maxsimPairwise(queries, await other.encodeDocument(['a', 'b']))).toEqual([0, 0]);
    expect(maxsim(queries, await other.encodeDocument([]))).toEqual([[], []]);
  });

  it('are per vector of the query where the folder says so', async () => {
    const copy = copyWith('mean', { 'config_sentence_transformers.json': { similarity_fn_name: 'meanmaxsim' } });
    await using other = await MultiVectorEncoder.load(copy);
    const [query, documents] = [await model.encodeQuery('the cat'), await model.encodeDocument(meta.texts)];
    const [sums, means] = [model.similarity(query, documents), other.similarity(query, documents)];
    expect(means[0]).toEqual(sums[0]!.map((sum) => sum / 16));
  });
});

/** The fixture with other fields in its JSON files. */
function copyWith(name: string, files: Record<string, object>): string {
  const copy = join(copies, name);
  cpSync(folder, copy, { recursive: true });
  for (const [file, fields] of Object.entries(files)) {
    const path = join(copy, file);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...fields }));
  }
  return copy;
}

describe('query expansion', () => {
  const expansion = (fields: object) => ({
    'sentence_bert_config.json': { query_expansion: { strategy: 'fixed', attend: false, length: 16, ...fields } },
  });

  it('that attention sees gives other vectors, none more', async () => {
    await using other = await MultiVectorEncoder.load(copyWith('attend', expansion({ attend: true })));
    const [seen, hidden] = [await other.encodeQuery('the cat'), await model.encodeQuery('the cat')];
    expect(seen.offsets).toEqual(hidden.offsets);
    expect(seen.data).not.toEqual(hidden.data);
  });

  it('that is a least length leaves long queries whole', async () => {
    const fields = { ...expansion({ strategy: 'min' })['sentence_bert_config.json'], query_length: 22 };
    await using other = await MultiVectorEncoder.load(copyWith('min', { 'sentence_bert_config.json': fields }));
    const queries = await other.encodeQuery([meta.texts[2]!, meta.texts[7]!]);
    expect([queries.text(0).length, queries.text(1).length]).toEqual([16, 22]);
    expect(queries.text(0).data).toEqual((await model.encodeQuery(meta.texts[2]!)).data);
  });

  it('with a token of its own', async () => {
    await using other = await MultiVectorEncoder.load(copyWith('token', expansion({ token: '[PAD]' })));
    const query = await other.encodeQuery('the cat');
    expect(query.text(0).length).toBe(16);
    expect(query.data).not.toEqual((await model.encodeQuery('the cat')).data);
  });

  it('there may be none', async () => {
    const none = { 'sentence_bert_config.json': { query_expansion: null } };
    await using other = await MultiVectorEncoder.load(copyWith('none', none));
    const query = await other.encodeQuery('the cat');
    // [CLS] [Q] the cat [SEP], which see the same as where they are expanded
    expect(query.data).toEqual((await model.encodeQuery('the cat')).data.slice(0, 5 * 24));
  });
});

describe('older forms', () => {
  it('PyLate’s: prefixes, lengths and the skip list beside the prompts', async () => {
    const copy = copyWith('pylate', {});
    writeFileSync(
      join(copy, 'config_sentence_transformers.json'),
      JSON.stringify({
        ...{ model_type: 'ColBERT', prompts: {}, query_prefix: '[Q] ', document_prefix: '[D] ' },
        ...{
          query_length: 16,
          document_length: 20,
          attend_to_expansion_tokens: false,
          skiplist_words: ['.', ',', '!'],
        },
      }),
    );
    const module = (idx: number, path: string, type: string) => ({ idx, name: `${idx}`, path, type });
    writeFileSync(
      join(copy, 'modules.json'),
      JSON.stringify([
        module(0, '', 'sentence_transformers.models.Transformer'),
        module(1, '1_Dense', 'pylate.models.Dense.Dense'),
      ]),
    );
    writeFileSync(
      join(copy, 'sentence_bert_config.json'),
      JSON.stringify({ max_seq_length: 24, do_lower_case: false }),
    );
    await using other = await MultiVectorEncoder.load(copy);
    await expectVectors(other);
  });

  it('Stanford’s: one weight file, artifact.metadata, markers that text would not give', async () => {
    const copy = join(copies, 'stanford');
    mkdirSync(copy);
    for (const file of ['tokenizer.json', 'tokenizer_config.json']) cpSync(join(folder, file), join(copy, file));
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(copy, 'config.json'), JSON.stringify({ ...config, architectures: ['HF_ColBERT'] }));
    const metadata = { query_token_id: '[unused0]', doc_token_id: '[unused1]', query_maxlen: 16, doc_maxlen: 20 };
    writeFileSync(join(copy, 'artifact.metadata'), JSON.stringify({ ...metadata, mask_punctuation: true }));
    // the markers stand where the fixture has its own; as added tokens they are matched in lower case only
    const tokenizer = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8'));
    tokenizer.added_tokens = tokenizer.added_tokens.filter(({ id }: { id: number }) => id < 400);
    Object.assign(tokenizer.model.vocab, { '[unused0]': 400, '[unused1]': 401 });
    writeFileSync(join(copy, 'tokenizer.json'), JSON.stringify(tokenizer));
    const [encoder, dense] = [
      await SafetensorsFile.open(join(folder, 'model.safetensors')),
      await SafetensorsFile.open(join(folder, '1_Dense/model.safetensors')),
    ];
    const tensors = Object.fromEntries(encoder.entries.map(({ name }) => [`bert.${name}`, encoder.tensor(name)]));
    tensors['linear.weight'] = dense.tensor('linear.weight');
    await writeSafetensors(join(copy, 'model.safetensors'), tensors);
    await using other = await MultiVectorEncoder.load(copy);
    expect([other.queryLength, other.documentLength]).toEqual([16, 20]);
    const got = await other.encodeQuery(meta.texts);
    for (let i = 0; i < got.length; i++) {
      expect(worstExcess(got.text(i).data, expected.get(`query.${i}`)!.data, atol.query, rtol)).toBeLessThanOrEqual(0);
    }
    const [document] = [await other.encodeDocument(meta.texts[2]!)];
    const want = expected.get('document.2')!;
    expect(worstExcess(document.data, want.data, atol.document, rtol)).toBeLessThanOrEqual(0);
    encoder.close();
    dense.close();
  });
});

describe('refuses', () => {
  it.each<[string, Record<string, object>, RegExp]>([
    [
      'strategy',
      { 'sentence_bert_config.json': { query_expansion: { strategy: 'max', length: 4 } } },
      /"query_expansion\.strategy" is "max"; supported: fixed, min/,
    ],
    [
      'length',
      { 'sentence_bert_config.json': { query_expansion: { strategy: 'fixed' } } },
      /"query_expansion\.length" is missing/,
    ],
    [
      'positions',
      { 'sentence_bert_config.json': { document_length: 65 } },
      /"document_length" is 65, but the model has only 64 positions/,
    ],
    [
      'words',
      { '3_MultiVectorMask/config.json': { skiplist_words: 'a' } },
      /"skiplist_words" must be a list of strings/,
    ],
    [
      'kept',
      { '3_MultiVectorMask/config.json': { keep_only_token_ids: ['a'] } },
      /"keep_only_token_ids" must be a list of token ids/,
    ],
    [
      'measure',
      { 'config_sentence_transformers.json': { similarity_fn_name: 'cosine' } },
      /"similarity_fn_name" is "cosine"; supported: maxsim, meanmaxsim/,
    ],
  ])('a folder with another %s', async (name, files, message) => {
    await expect(MultiVectorEncoder.load(copyWith(`bad-${name}`, files))).rejects.toThrow(message);
  });

  it('folders of other models', async () => {
    const sentence = MultiVectorEncoder.load(testPath('fixtures', 'transformers', 'st-mean'));
    await expect(sentence).rejects.toThrow(/"\[1\]\.type" is Pooling, which cannot stand here/);
    const bare = MultiVectorEncoder.load(testPath('fixtures', 'transformers', 'bert-model'));
    await expect(bare).rejects.toThrow(/"architectures" does not name HF_ColBERT/);
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ['what are no texts', () => model.encodeQuery(7 as never), /takes a string or a list of strings, got 7/],
    ['an unknown option', () => model.encodeDocument('a', { topK: 4 } as never), /no "topK" in options/],
    [
      'an unknown prompt',
      () => model.encodeQuery('a', { promptName: 'x' }),
      /no prompt "x" in this model; it has: document, query/,
    ],
    ['no model', () => MultiVectorEncoder.load(undefined as never), /needs the id or the folder/],
    [
      'vectors of another size',
      async () => maxsim(await model.encodeQuery('a'), { ...(await model.encodeQuery('a')), dimension: 8 } as never),
      /24 and 8 dimensions/,
    ],
    [
      'other numbers of texts',
      async () => maxsimPairwise(await model.encodeQuery('a'), await model.encodeQuery(['a', 'b'])),
      /1 queries cannot be paired with 2/,
    ],
  ])('%s', async (_, call, message) => {
    await expect(call()).rejects.toThrow(UsageError);
    await expect(call()).rejects.toThrow(message);
  });
});
