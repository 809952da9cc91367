/** Weights in every form that checkpoints take, and files that change under a loaded model. */
import { cpSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AutoModel,
  type ForwardOutput,
  ops,
  SafetensorsFile,
  SentenceTransformer,
  VectralError,
  WeightsError,
} from 'vectral';
import { describe, expect, it } from 'vitest';
import { bf16Bits, bf16Value, f16Bits, f16Value } from './narrow-floats.js';
import {
  bytesOf,
  fileOf,
  modelWith,
  type RawTensor,
  type RawTensors,
  temporaryFolder,
  tensorsOf,
  validFolder,
} from './raw-file.js';

const work = temporaryFolder();
const fixture = join(import.meta.dirname, '../fixtures/transformers/st-mean');
const texts = ['a b ab', '', 'b', 'a machine reads old stone bridges'];
let made = 0;
const place = () => join(work, `model-${made++}`);

async function vectorsOf(folder: string): Promise<Float32Array> {
  await using model = await SentenceTransformer.load(folder);
  return (await model.encode(texts)).data;
}

function renamed(tensors: RawTensors, name: (old: string) => string): RawTensors {
  return Object.fromEntries(Object.entries(tensors).map(([old, tensor]) => [name(old), tensor]));
}

function without(tensors: RawTensors, name: string): RawTensors {
  return Object.fromEntries(Object.entries(tensors).filter(([known]) => known !== name));
}

// The fixture has rows longer than any vector register, the tiny model shorter ones.
describe.each([
  ['the tiny model', validFolder],
  ['a fixture of width 48', fixture],
])('%s', (_, source) => {
  const tensors = tensorsOf(join(source, 'model.safetensors'));
  const names = Object.keys(tensors);

  it('gives the same bits from shards', async () => {
    const shards: Record<string, RawTensors> = {};
    const map: Record<string, string> = {};
    names.forEach((name, i) => {
      const shard = `model-0000${(i % 3) + 1}-of-00003.safetensors`;
      shards[shard] = { ...shards[shard], [name]: tensors[name] as RawTensor };
      map[name] = shard;
    });
    const files = Object.fromEntries(Object.entries(shards).map(([name, part]) => [name, fileOf(part, { spaces: 3 })]));
    const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
    const folder = modelWith(place(), { ...files, 'model.safetensors.index.json': index }, source);
    expect(await vectorsOf(folder)).toEqual(await vectorsOf(source));
  });

  it('gives the same bits from gamma and beta', async () => {
    const old = renamed(tensors, (name) =>
      name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
    );
    expect(Object.keys(old).filter((name) => name.endsWith('.gamma')).length).toBeGreaterThan(2);
    expect(await vectorsOf(modelWith(place(), old, source))).toEqual(await vectorsOf(source));
  });

  it('gives the same bits below the prefix bert., beside heads and buffers', async () => {
    const prefixed = renamed(tensors, (name) => `bert.${name}`);
    const ids = new BigInt64Array(4);
    const folder = modelWith(
      place(),
      {
        ...prefixed,
        'bert.embeddings.position_ids': { dtype: 'I64', shape: [1, 4], bytes: bytesOf(ids) },
        'cls.predictions.bias': { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) },
      },
      source,
    );
    expect(await vectorsOf(folder)).toEqual(await vectorsOf(source));
  });

  // Each number is exact in both files, so nothing but the storage differs.
  it.each([
    [
      'F16',
      2,
      (view: DataView, at: number, x: number) => view.setUint16(at, f16Bits(x), true),
      (x: number) => f16Value(f16Bits(x)),
    ],
    [
      'BF16',
      2,
      (view: DataView, at: number, x: number) => view.setUint16(at, bf16Bits(x), true),
      (x: number) => bf16Value(bf16Bits(x)),
    ],
    ['F64', 8, (view: DataView, at: number, x: number) => view.setFloat64(at, x, true), (x: number) => x],
  ])('gives the same bits from %s as from its numbers in F32', async (dtype, size, put, value) => {
    const store = (kind: string, width: number, write: (view: DataView, at: number, x: number) => void) =>
      Object.fromEntries(
        Object.entries(tensors).map(([name, tensor]): [string, RawTensor] => {
          expect(tensor.dtype).toBe('F32');
          const from = new DataView(tensor.bytes.buffer, tensor.bytes.byteOffset, tensor.bytes.length);
          const to = new DataView(new ArrayBuffer((tensor.bytes.length / 4) * width));
          for (let i = 0; i < tensor.bytes.length / 4; i++) write(to, i * width, from.getFloat32(4 * i, true));
          return [name, { dtype: kind, shape: tensor.shape, bytes: new Uint8Array(to.buffer) }];
        }),
      );
    const narrow = modelWith(place(), store(dtype, size, put), source);
    const wide = modelWith(
      place(),
      store('F32', 4, (view, at, x) => view.setFloat32(at, value(x), true)),
      source,
    );
    const expected = await vectorsOf(wide);
    expect(await vectorsOf(narrow)).toEqual(expected);
    // and they are not all alike, nor those of the unrounded weights
    expect(expected.subarray(0, 6)).not.toEqual(expected.subarray(-6));
    if (dtype !== 'F64') expect(expected).not.toEqual(await vectorsOf(source));
  });
});

it('a head loads with its prefix, and its hidden states are those of the encoder alone', async () => {
  const folder = join(import.meta.dirname, '../fixtures/transformers/bert-seqcls-3');
  const tensors = tensorsOf(join(folder, 'model.safetensors'));
  const encoder = Object.fromEntries(
    Object.entries(tensors).flatMap(([name, tensor]) => (name.startsWith('bert.') ? [[name.slice(5), tensor]] : [])),
  );
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const bare = modelWith(place(), encoder, folder);
  writeFileSync(join(bare, 'config.json'), JSON.stringify({ ...config, architectures: ['BertModel'] }));
  const inputIds = [
    [2, 5, 9, 3],
    [2, 3],
  ];
  const run = async (path: string): Promise<ForwardOutput> => {
    await using model = await AutoModel.load(path);
    return model.forward({ inputIds }, { outputHiddenStates: true });
  };
  const [whole, alone] = [await run(folder), await run(bare)];
  expect(whole.logits).toBeDefined();
  expect(alone.logits).toBeUndefined();
  expect(alone.hiddenStates?.length).toBe(config.num_hidden_layers + 1);
  whole.hiddenStates?.forEach((layer, i) => {
    layer.forEach((rows, s) => {
      expect(rows.toArray()).toEqual(alone.hiddenStates?.[i]?.[s]?.toArray());
    });
  });
});

it('one error tells every missing, misshapen and unused tensor', async () => {
  const tensors = tensorsOf(join(validFolder, 'model.safetensors'));
  const layer = 'encoder.layer.0';
  const gone = [`${layer}.attention.self.key.weight`, `${layer}.output.dense.bias`];
  const bent = [`${layer}.attention.self.query.weight`, 'embeddings.LayerNorm.weight'];
  const kept = gone.reduce(without, tensors);
  const misshapen = Object.fromEntries(
    bent.map((name) => [name, { dtype: 'F32', shape: [3, 3], bytes: new Uint8Array(36) }]),
  );
  const odd = { dtype: 'F32', shape: [1], bytes: new Uint8Array(4) };
  const folder = modelWith(place(), { ...kept, ...misshapen, 'encoder.odd': odd, odder: odd });
  const error: unknown = await SentenceTransformer.load(folder).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WeightsError);
  const { message } = error as Error;
  for (const name of [...gone, ...bent, 'encoder.odd', 'odder']) expect(message).toContain(name);
  expect(message).toContain('missing (2)');
  expect(message).toContain('not used by this model (2)');
  expect(message).toContain('F32[3,3]');
});

describe('a file that changes under a loaded model', () => {
  /** A copy of the tiny model with a table of many pages, which encoding reads in place. */
  function spacious(): { folder: string; file: string } {
    const tensors = tensorsOf(join(validFolder, 'model.safetensors'));
    const table = 'embeddings.word_embeddings.weight';
    const rows = 100_000;
    const bytes = new Uint8Array(rows * 16);
    bytes.set(tensors[table]?.bytes ?? new Uint8Array(0));
    const folder = modelWith(place(), { ...tensors, [table]: { dtype: 'F32', shape: [rows, 4], bytes } });
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, vocab_size: rows }));
    return { folder, file: join(folder, 'model.safetensors') };
  }

  it.each([0, 8, 5000])('cut to %i bytes: encoding says so, and loading again too', async (size) => {
    const { folder, file } = spacious();
    await using model = await SentenceTransformer.load(folder);
    await model.encode(texts);
    truncateSync(file, size);
    const error: unknown = await model.encode(texts).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(VectralError);
    expect((error as Error).message).toContain(file);
    expect((error as Error).message).toContain('truncated');
    await expect(SentenceTransformer.load(folder)).rejects.toThrow(WeightsError);
  });

  it('cut short: a model that was read with mmap: false goes on', async () => {
    const { folder, file } = spacious();
    await using model = await SentenceTransformer.load(folder, { mmap: false });
    const before = await model.encode(texts);
    truncateSync(file, 0);
    expect((await model.encode(texts)).data).toEqual(before.data);
  });

  it('cut short: reading a tensor and computing with it say so', async () => {
    const { file } = spacious();
    using weights = await SafetensorsFile.open(file);
    const tensor = weights.tensor('embeddings.word_embeddings.weight');
    expect(tensor.toArray().length).toBe(400_000);
    truncateSync(file, 100);
    for (const use of [() => tensor.toArray(), () => ops.add(tensor, tensor), () => ops.linear(tensor, tensor)]) {
      expect(use).toThrow(VectralError);
      expect(use).toThrow(/truncated/);
    }
  });

  it('cut short before the first forward: it says so, a restored file serves again, and dispose is quiet', async () => {
    const { folder, file } = spacious();
    const whole = readFileSync(file);
    const model = await AutoModel.load(folder);
    const forward = () => model.forward({ inputIds: [[1, 3, 2]] });
    truncateSync(file, 0);
    await expect(forward()).rejects.toThrow(VectralError);
    await expect(forward()).rejects.toThrow(/truncated/);
    writeFileSync(file, whole, { flag: 'r+' });
    expect((await forward()).lastHiddenState?.[0]?.shape).toEqual([3, 4]);
    truncateSync(file, 0);
    await expect(forward()).rejects.toThrow(/truncated/);
    await model.dispose();
  });

  it('cut short: other models, and the rest of the process, go on', async () => {
    const { folder, file } = spacious();
    await using broken = await SentenceTransformer.load(folder);
    await using sound = await SentenceTransformer.load(validFolder);
    const before = await sound.encode(texts);
    truncateSync(file, 0);
    const results = await Promise.allSettled([broken.encode(texts), sound.encode(texts), broken.encode(texts)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    expect((await sound.encode(texts)).data).toEqual(before.data);
  });

  it('replaced by a rename: the loaded model keeps the old weights, the next one has the new', async () => {
    const { folder, file } = spacious();
    await using model = await SentenceTransformer.load(folder);
    const before = await model.encode(texts);
    const tensors = tensorsOf(file);
    const bias = 'encoder.layer.0.output.LayerNorm.bias';
    const other = { ...tensors, [bias]: { dtype: 'F32', shape: [4], bytes: bytesOf(Float32Array.of(3, -1, 2, 0)) } };
    writeFileSync(`${file}.new`, fileOf(other));
    renameSync(`${file}.new`, file);
    expect((await model.encode(texts)).data).toEqual(before.data);
    await using next = await SentenceTransformer.load(folder);
    expect((await next.encode(texts)).data).not.toEqual(before.data);
    expect((await model.encode(texts)).data).toEqual(before.data);
  });

  it('two paths to one content are two models, one path twice gives the same vectors', async () => {
    const { folder } = spacious();
    const copy = place();
    cpSync(folder, copy, { recursive: true });
    const [a, b, c] = [await vectorsOf(folder), await vectorsOf(folder), await vectorsOf(copy)];
    expect(b).toEqual(a);
    expect(c).toEqual(a);
  });
});
