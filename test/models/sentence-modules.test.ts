/**
 * Modules of sentence-transformers besides pooling, Dense and Normalize, and Routers, against its own vectors
 * (test/fixtures/modules/make_modules.py). Tolerance 1e-5 absolute and relative, as for its other folders: float32 noise of
 * the models is under 1e-6.
 */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, quantizeEmbeddings, SentenceTransformer, UsageError } from 'vectral';
import { afterAll, describe, expect, it } from 'vitest';
import { readJson, readTensors, testPath, worstExcess } from '../reference/expected.js';

const folderOf = (name: string) => testPath('fixtures', 'modules', name);

describe.each([
  ['layers', 'Transformer, WeightedLayerPooling(1…), Pooling(lasttoken, mean), LayerNorm, Dropout'],
  ['convolutions', 'Transformer, CNN(1, 3, 7), Dense(SiLU), Pooling(max), Dense(Sigmoid), Normalize'],
  ['recurrence', 'Transformer, LSTM(2, bidirectional), Pooling(mean)'],
  ['recurrence-forward', 'Transformer, LSTM(1), Normalize, Pooling(mean)'],
  ['router', 'Transformer, Pooling(mean), Dense(Tanh), Normalize'],
  ['asym', 'Transformer, Pooling(mean), Dense(Tanh)'],
])('%s', async (name, modules) => {
  const { texts, runs } = readJson<{ texts: string[]; runs: { key: string; task: string | null }[] }>(
    `${folderOf(name)}/expected.json`,
  );
  const expected = readTensors(`${folderOf(name)}/expected.safetensors`);
  const model = await SentenceTransformer.load(folderOf(name));
  afterAll(() => model.dispose());

  it('says what it is made of', () => expect(model.describe().modules.join(', ')).toBe(modules));

  it.each(runs)('$key: a batch, and the same bits alone', async ({ key, task }) => {
    const want = expected.get(key)!;
    const got = await model.encode(texts, { task: task ?? undefined });
    expect(got.shape).toEqual(want.shape);
    expect(worstExcess(got.data, want.data, 1e-5, 1e-5)).toBeLessThanOrEqual(0);
    for (const [i, text] of texts.entries()) {
      expect((await model.encode(text, { task: task ?? undefined })).data).toEqual(got.row(i).slice());
    }
  });
});

describe('a Router', async () => {
  const model = await SentenceTransformer.load(folderOf('router'));
  const old = await SentenceTransformer.load(folderOf('asym'));
  afterAll(() => Promise.all([model.dispose(), old.dispose()]));

  it('takes queries and documents their ways', async () => {
    const text = 'How do I reset my password?';
    expect((await model.encodeQuery(text)).data).toEqual((await model.encode(text, { task: 'query' })).data);
    expect((await model.encodeDocument(text)).data).toEqual((await model.encode(text, { task: 'document' })).data);
  });

  it('has no way for another task', async () => {
    const call = old.encodeDocument('a');
    await expect(call).rejects.toThrow(UsageError);
    await expect(call).rejects.toThrow('no route for the task "document"; it has query, doc');
  });
});

it('a task is no matter to a model with one way', async () => {
  await using model = await SentenceTransformer.load(folderOf('layers'));
  expect((await model.encode('a', { task: 'query' })).data).toEqual((await model.encode('a')).data);
});

describe('folders whose modules do not fit are refused', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'vectral-modules-'));
  afterAll(() => rmSync(scratch, { recursive: true }));

  it.each<[string, string, string, Record<string, unknown>, string, RegExp]>([
    ['an even kernel', 'convolutions', '1_CNN/cnn_config.json', { kernel_sizes: [2] }, 'kernel_sizes', /must be odd/],
    ['a stride', 'convolutions', '1_CNN/cnn_config.json', { stride_sizes: [1, 2, 1] }, 'stride_sizes', /must be 1 for/],
    ['no kernels', 'convolutions', '1_CNN/cnn_config.json', { kernel_sizes: [] }, 'kernel_sizes', /is empty/],
    [
      'a width that does not fit',
      'convolutions',
      '1_CNN/cnn_config.json',
      { in_embedding_dimension: 32 },
      'in_embedding_dimension',
      /is 32, but the module before gives 48/,
    ],
    [
      'a Dense on texts before the pooling',
      'convolutions',
      '2_Dense/config.json',
      { module_input_name: 'sentence_embedding' },
      'module_input_name',
      /in this place it must be "token_embeddings"/,
    ],
    [
      'a Normalize on texts before the pooling',
      'recurrence-forward',
      '2_Normalize/config.json',
      { module_input_name: null },
      'module_input_name',
      /in this place it must be "token_embeddings"/,
    ],
    [
      'a Normalize on tokens after the pooling',
      'convolutions',
      '5_Normalize/config.json',
      { module_input_name: 'token_embeddings' },
      'module_input_name',
      /in this place it must be "sentence_embedding"/,
    ],
    [
      'another output',
      'convolutions',
      '2_Dense/config.json',
      { module_output_name: 'x' },
      'module_output_name',
      /must be/,
    ],
    [
      'a Dense with code of its own',
      'convolutions',
      '4_Dense/config.json',
      { activation_function: 'my_model.GELU' },
      'activation_function',
      /is "my_model\.GELU"; supported of torch\.nn: Identity, Tanh/,
    ],
    [
      'a softmax of tokens',
      'convolutions',
      '2_Dense/config.json',
      { activation_function: 'torch.nn.modules.activation.Softmax' },
      'activation_function',
      /supported of torch\.nn/,
    ],
    [
      'another task',
      'layers',
      'sentence_bert_config.json',
      { transformer_task: 'fill-mask' },
      'transformer_task',
      /must be "feature-extraction"/,
    ],
    [
      'a chat template',
      'layers',
      'sentence_bert_config.json',
      { modality_config: { message: {}, text: {} } },
      'modality_config.message',
      /chat template/,
    ],
    [
      'a hidden state',
      'layers',
      'sentence_bert_config.json',
      { modality_config: { text: { method: 'forward', method_output_name: ['hidden_states', -2] } } },
      'modality_config.text.method_output_name',
      /supported: last_hidden_state, pooler_output/,
    ],
    [
      'a pooler’s rows for tokens',
      'layers',
      'sentence_bert_config.json',
      { modality_config: { text: { method: 'forward', method_output_name: 'pooler_output' } } },
      'module_output_name',
      /for pooler_output it must be "sentence_embedding"/,
    ],
    [
      'query expansion',
      'layers',
      'sentence_bert_config.json',
      { query_expansion: { strategy: 'fixed', length: 8 } },
      'query_expansion',
      /MultiVectorEncoder/,
    ],
    [
      'a way to tokenize',
      'layers',
      'sentence_bert_config.json',
      { processing_kwargs: { text: { add_special_tokens: false } } },
      'processing_kwargs.text.add_special_tokens',
      /is false, which is not supported/,
    ],
    [
      'a task’s length beyond the positions',
      'layers',
      'sentence_bert_config.json',
      { query_length: 65 },
      'query_length',
      /is 65, but the model has only 64 positions/,
    ],
    [
      'a rule to nowhere',
      'router',
      'router_config.json',
      { parameters: { route_mappings: { "('query', None)": '' } } },
      "parameters.route_mappings.('query', None)",
      /names "", which is no route/,
    ],
    ['an LSTM of no width', 'recurrence', '1_LSTM/lstm_config.json', { hidden_dim: 0 }, 'hidden_dim', /from 1 to/],
    [
      'layers that are not there',
      'layers',
      '1_WeightedLayerPooling/config.json',
      { layer_start: 3 },
      'layer_start',
      /at most/,
    ],
    [
      'a route to nowhere',
      'router',
      'router_config.json',
      { structure: { query: ['other'] } },
      'structure.query',
      /no module/,
    ],
    ['a Router without routes', 'router', 'router_config.json', { structure: {} }, 'structure', /has no routes/],
    [
      'a default route that is none',
      'router',
      'router_config.json',
      { parameters: { default_route: 'image' } },
      'parameters.default_route',
      /names "image", which is no route/,
    ],
    [
      'a route that begins without a transformer',
      'router',
      'router_config.json',
      { structure: { document: ['document_1_Pooling'] } },
      'structure.document',
      /begins with Pooling; the first module must be a BoW or StaticEmbedding or Transformer/,
    ],
  ])('%s', async (_, name, path, change, field, message) => {
    const folder = join(scratch, name);
    cpSync(folderOf(name), folder, { recursive: true });
    const file = join(folder, path);
    writeFileSync(file, JSON.stringify({ ...readJson<object>(file), ...change }));
    const error = await SentenceTransformer.load(folder).then(
      () => undefined,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ file, field, message: expect.stringMatching(message) });
  });

  it('code of the model’s own', async () => {
    const folder = join(scratch, 'own-code');
    cpSync(folderOf('layers'), folder, { recursive: true });
    const entries = readJson<{ type: string }[]>(join(folder, 'modules.json'));
    entries[0]!.type = 'custom_st.Transformer';
    writeFileSync(join(folder, 'modules.json'), JSON.stringify(entries));
    const call = SentenceTransformer.load(folder);
    await expect(call).rejects.toThrow(ConfigError);
    await expect(call).rejects.toThrow(/"\[0\]\.type" is "custom_st\.Transformer", which is code of the model's own/);
  });

  it('a pooler that the checkpoint lacks', async () => {
    const folder = join(scratch, 'no-pooler');
    cpSync(testPath('fixtures', 'transformers', 'st-t5'), folder, { recursive: true });
    const modality_config = { text: { method: 'forward', method_output_name: 'pooler_output' } };
    const settings = { modality_config, module_output_name: 'sentence_embedding' };
    writeFileSync(join(folder, 'sentence_bert_config.json'), JSON.stringify(settings));
    writeFileSync(
      join(folder, 'modules.json'),
      JSON.stringify(readJson<object[]>(join(folder, 'modules.json')).slice(0, 1)),
    );
    await expect(SentenceTransformer.load(folder)).rejects.toThrow(/"pooler_output", but the checkpoint has no pooler/);
  });

  it.each([
    [
      'layers',
      'CNN',
      3,
      /"\[3\]\.type" is CNN; it cannot stand here; supported: a BoW, StaticEmbedding, Transformer or WordEmbeddings, then CNN/,
    ],
    ['layers', 'BoW', 1, /modules\.json: "\[1\]\.type" is BoW; it cannot stand here/],
    ['layers', 'SpladePooling', 2, /is SpladePooling; SparseEncoder loads such folders/],
    [
      'layers',
      'Pooling',
      0,
      /is Pooling; the first module must be a BoW or StaticEmbedding or Transformer or WordEmbeddings or Router/,
    ],
    ['layers', 'BoW', 0, /config\.json: "vocab" must be a list of words/],
  ])('%s with %s at %i', async (name, type, place, message) => {
    const folder = join(scratch, `${name}-${type}`);
    cpSync(folderOf(name), folder, { recursive: true });
    const entries = readJson<{ type: string }[]>(join(folder, 'modules.json'));
    entries[place]!.type = `sentence_transformers.models.${type}`;
    writeFileSync(join(folder, 'modules.json'), JSON.stringify(entries));
    await expect(SentenceTransformer.load(folder)).rejects.toThrow(message);
  });
});

describe('quantizeEmbeddings', () => {
  const tensors = readTensors(`${folderOf('quantized')}/vectors.safetensors`);
  const expected = readJson<Record<string, number[][]>>(`${folderOf('quantized')}/expected.json`);
  const rowsOf = (key: string) => {
    const { data, shape } = tensors.get(key)!;
    const width = shape[1]!;
    return Array.from({ length: shape[0]! }, (_, i) => data.slice(i * width, (i + 1) * width));
  };
  const vectors = rowsOf('vectors');
  const [min = [], max = []] = rowsOf('ranges');
  const calibrationEmbeddings = rowsOf('calibration');
  const bytes = (got: { rows(): ArrayLike<number>[] }) => got.rows().map((row) => Array.from(row));

  it.each(['int8', 'uint8', 'binary', 'ubinary'] as const)('%s', (precision) => {
    const got = quantizeEmbeddings(vectors, precision);
    expect(bytes(got)).toEqual(expected[precision]);
    expect([got.precision, got.length, got.dimension, got.rowLength]).toEqual([
      precision,
      40,
      13,
      precision.endsWith('binary') ? 2 : 13,
    ]);
  });

  it.each(['int8', 'uint8'] as const)('%s by ranges, and by other vectors', (precision) => {
    expect(bytes(quantizeEmbeddings(vectors, precision, { ranges: { min, max } }))).toEqual(
      expected[`${precision}-ranges`],
    );
    expect(bytes(quantizeEmbeddings(vectors, precision, { calibrationEmbeddings }))).toEqual(
      expected[`${precision}-calibrated`],
    );
  });

  it('is what encode does with a precision', async () => {
    await using model = await SentenceTransformer.load(folderOf('layers'));
    const texts = ['a', 'The cat sat on the mat.'];
    const plain = await model.encode(texts);
    for (const precision of ['int8', 'uint8', 'binary', 'ubinary'] as const) {
      const got = await model.encode(texts, { precision });
      expect(got.data).toEqual(quantizeEmbeddings(plain, precision).data);
    }
    expect((await model.encode(texts, { precision: 'float32' })).data).toEqual(plain.data);
  });

  it.each([
    ['another precision', () => quantizeEmbeddings(vectors, 'int4' as 'int8'), /precision must be int8, uint8, binary/],
    ['one vector without ranges', () => quantizeEmbeddings(vectors[0]!, 'int8'), /needs more than one vector/],
    [
      'vectors of two widths',
      () => quantizeEmbeddings([[1], [1, 2]], 'binary'),
      /vector 1 of embeddings has 2 numbers/,
    ],
    ['ranges of another width', () => quantizeEmbeddings(vectors, 'int8', { ranges: { min: [0], max: [1] } }), /of 13/],
    [
      'calibration of another width',
      () => quantizeEmbeddings(vectors, 'int8', { calibrationEmbeddings: [[1]] }),
      /vector 0 of calibrationEmbeddings has 1 numbers, not 13/,
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(UsageError);
    expect(call).toThrow(message);
  });

  it('of nothing gives nothing', () => {
    expect(quantizeEmbeddings([], 'int8').rows()).toEqual([]);
    expect(quantizeEmbeddings([], 'binary').data).toHaveLength(0);
  });
});
