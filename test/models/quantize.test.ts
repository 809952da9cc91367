/**
 * `quantize` over every family. The int8 files are read back by a twin of their own format in float64: its values are within
 * half a step of the original's, and a folder of them in F32 gives what the int8 folder gives, to float32 noise.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AutoModel,
  Program,
  quantize,
  SafetensorsFile,
  SentenceTransformer,
  Tensor,
  UsageError,
  WeightsError,
  writeSafetensors,
} from 'vectral';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { native } from '../../src/native.js';
import { convert, embedding, linear } from '../../src/ops/index.js';
import { expectClose, expectSame } from '../reference/closeness.js';
import { testPath } from '../reference/expected.js';
import { Random } from '../reference/random.js';
import { rotate } from '../reference/rotation.js';

const scratch = mkdtempSync(join(tmpdir(), 'vectral-quantize-'));
afterAll(() => rmSync(scratch, { recursive: true }));
const fixture = (name: string) => testPath('fixtures', 'transformers', name);

const families = [
  'albert-model-groups',
  'bert-mlm',
  'deberta-v2-conv',
  'distilbert-seqcls',
  'electra-mlm',
  'gte-model',
  'modernbert-mlm',
  'mpnet-model',
  'nomic-bert-model',
  't5-encoder',
  'xlmr-tokcls',
];
const input = {
  inputIds: [
    [1, 7, 9, 30, 41, 2],
    [1, 8, 2],
  ],
};

/** Rows of an int8 matrix as the numbers they stand for. */
function widened(q: ArrayLike<number>, scale: ArrayLike<number>, width: number): Float64Array {
  const rows = Array.from(scale, (step, r) =>
    rotate(Array.from({ length: width }, (_, i) => q[r * width + i]! * step)),
  );
  return Float64Array.from(rows.flatMap((row) => [...row]));
}

function numbers(output: Awaited<ReturnType<AutoModel['forward']>>): number[] {
  return Object.values(output)
    .flat()
    .flatMap((value) => Array.from((value as Tensor).toFloat32Array()));
}

describe.each(families)('%s', (name) => {
  const folder = join(scratch, name);
  beforeAll(async () => void (await quantize(fixture(name), folder, { dtype: 'int8' })));

  it('has values within half a step of the original, and all else as it was', async () => {
    using before = await SafetensorsFile.open(join(fixture(name), 'model.safetensors'));
    using after = await SafetensorsFile.open(join(folder, 'model.safetensors'));
    let matrices = 0;
    for (const { name: key, dtype, shape } of before.entries) {
      const entry = after.entries.find((candidate) => candidate.name === key)!;
      expect(entry.shape).toEqual(shape);
      if (entry.dtype !== 'I8') {
        expect(entry.dtype).toBe(dtype);
        expect(after.tensor(key).toArray()).toEqual(before.tensor(key).toArray());
        continue;
      }
      matrices++;
      const width = shape[1]!;
      const original = convert(before.tensor(key), 'f32').toFloat32Array();
      const q = after.tensor(key).toArray() as Int8Array;
      const scale = after.tensor(`${key}_scale`).toFloat32Array();
      for (let r = 0; r < shape[0]!; r++) {
        const rotated = rotate(original.subarray(r * width, (r + 1) * width));
        const largest = rotated.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
        // the scale is without the rotation's gain of 16
        expect(Math.abs(scale[r]! * 16 * 127 - largest)).toBeLessThanOrEqual(1e-6 * largest);
        rotated.forEach((x, i) => {
          expect(Math.abs(x - 16 * scale[r]! * q[r * width + i]!)).toBeLessThanOrEqual(8.01 * scale[r]! + 1e-12);
        });
      }
    }
    expect(matrices).toBeGreaterThanOrEqual(7);
    expect(after.metadata).toMatchObject({ format: 'vectral', quantization: 'int8' });
  });

  it('computes with what it stands for', async () => {
    const twin = join(scratch, `${name}-f32`);
    cpSync(folder, twin, { recursive: true });
    using file = await SafetensorsFile.open(join(folder, 'model.safetensors'));
    const tensors: Record<string, Tensor> = {};
    for (const { name: key, dtype, shape } of file.entries) {
      if (dtype === 'I8') {
        const values = widened(
          file.tensor(key).toArray() as Int8Array,
          file.tensor(`${key}_scale`).toFloat32Array(),
          shape[1]!,
        );
        tensors[key] = Tensor.from(Float32Array.from(values), { shape });
      } else if (!key.endsWith('_scale')) {
        tensors[key] = file.tensor(key);
      }
    }
    rmSync(join(twin, 'model.safetensors'));
    await writeSafetensors(join(twin, 'model.safetensors'), tensors);
    await using quantized = await AutoModel.load(folder);
    await using plain = await AutoModel.load(twin);
    for (const eager of [false, true]) {
      const [got, want] = [numbers(await quantized.forward(input, { eager })), numbers(await plain.forward(input))];
      expectClose(Float32Array.from(got), Float64Array.from(want), 2e-5);
    }
  });
});

describe('a matrix of a quantized checkpoint', () => {
  const random = new Random(3);
  const [n, k] = [40, 300];
  const data = random.normals(n * k);
  const plain = Tensor.from(data, { shape: [n, k] });
  const { values, scale } = native.quantizeWeight(plain.handle);
  const weight = Tensor.from(values, { shape: [n, k] }).scaledBy(Tensor.from(scale));
  const x = Tensor.from(random.normals(5 * k), { shape: [5, k] });

  it('gives the bits of int8 arithmetic on the original', async () => {
    const run = async (matrix: Tensor) => {
      const program = await Program.compile((graph) => ({ y: linear(graph.input('x', 'f32', [5, k]), matrix) }), {
        arithmetic: 'int8',
      });
      const { y } = await program.run({ x: x.toFloat32Array() });
      program.dispose();
      return y!.data as Float32Array;
    };
    expectSame(await run(weight), await run(plain));
  });

  it('is looked up row by row', () => {
    const ids = Tensor.from(Int32Array.of(3, 0, 39, 3));
    const want = widened(values, scale, k);
    const rows = Float64Array.from([3, 0, 39, 3].flatMap((id) => [...want.subarray(id * k, (id + 1) * k)]));
    expectClose(embedding(weight, ids).toFloat32Array(), rows, 1e-6);
  });

  it('is nothing to operations that would take its elements for numbers', () => {
    expect(() => linear(x, Tensor.from(values, { shape: [n, k] }))).toThrow(/weight as f32 or f16 or bf16/);
    expect(() => embedding(Tensor.from(values, { shape: [n, k] }), Tensor.from(Int32Array.of(0)))).toThrow(
      /table as f32/,
    );
  });
});

describe('a sentence-transformers folder', () => {
  const texts = ['The cat sat on the mat.', 'a', 'How do I reset my password?'];

  it('keeps its modules, and computes in what it was quantized to', async () => {
    const folder = join(scratch, 'router');
    const { before, after } = await quantize(testPath('fixtures', 'modules', 'router'), folder, { dtype: 'int8' });
    expect(after).toBeLessThan(before * 0.45); // these matrices are narrow: their scales are a twelfth of them
    await using model = await SentenceTransformer.load(folder);
    await using original = await SentenceTransformer.load(testPath('fixtures', 'modules', 'router'));
    const [got, want] = [await model.encodeDocument(texts), await original.encodeDocument(texts)];
    for (let i = 0; i < texts.length; i++) {
      const cosine = got.row(i).reduce((sum, x, d) => sum + x * want.row(i)[d]!, 0);
      expect(1 - cosine).toBeLessThan(2e-2); // random weights of 48 columns; 5e-4 for the default model
    }
    const explicit = await SentenceTransformer.load(folder, { dtype: 'int8' });
    expect((await explicit.encodeDocument(texts)).data).toEqual(got.data);
    await explicit.dispose();
  });

  it('in bf16 has matrices in BF16, which any reader reads', async () => {
    const folder = join(scratch, 'bf16');
    await quantize(fixture('st-mean'), folder, { dtype: 'bf16' });
    using before = await SafetensorsFile.open(join(fixture('st-mean'), 'model.safetensors'));
    using after = await SafetensorsFile.open(join(folder, 'model.safetensors'));
    const key = 'encoder.layer.0.attention.self.query.weight';
    expect(after.tensor(key).toArray()).toEqual(convert(before.tensor(key), 'bf16').toArray());
    expect(after.metadata).toMatchObject({ format: 'pt', quantization: 'bf16' });
    await using model = await SentenceTransformer.load(folder);
    await using same = await SentenceTransformer.load(fixture('st-mean'), { dtype: 'bf16' });
    const [got, want] = [await model.encode(texts), await same.encode(texts)];
    expectClose(got.data, Float64Array.from(want.data), 2e-2); // tables are rounded too, to 2^-9 of values to 2.6
  });

  it('of the cache, whose files are links, is written as files', async () => {
    const linked = join(scratch, 'linked');
    cpSync(fixture('st-mean'), join(scratch, 'blobs'), { recursive: true });
    cpSync(join(scratch, 'blobs'), linked, { recursive: true });
    for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
      rmSync(join(linked, name));
      symlinkSync(join('..', 'blobs', name), join(linked, name));
    }
    const folder = join(scratch, 'unlinked');
    await quantize(linked, folder, { dtype: 'int8' });
    rmSync(join(scratch, 'blobs'), { recursive: true });
    await using model = await SentenceTransformer.load(folder);
    expect(model.dimension).toBe(48);
  });
});

describe('refuses', () => {
  const made = join(scratch, 'made');
  beforeAll(async () => void (await quantize(fixture('st-mean'), made)));

  it('to write over what is there, unless forced', async () => {
    await expect(quantize(fixture('st-mean'), made, { dtype: 'bf16' })).rejects.toThrow(
      /made exists; give another folder, or force/,
    );
    await quantize(fixture('st-mean'), made, { dtype: 'int8', force: true });
    await expect(quantize(made, made, { dtype: 'int8', force: true })).rejects.toThrow(/is the model itself/);
    const link = join(scratch, 'link');
    symlinkSync(made, link);
    await expect(quantize(link, made, { force: true })).rejects.toThrow(/is the model itself/);
  });

  it('to lose a thing: a folder that holds the model, that lies in it, or that is no model, forced or not', async () => {
    const home = join(scratch, 'home');
    const model = join(home, 'model');
    cpSync(fixture('st-mean'), model, { recursive: true });
    for (const out of [home, join(model, 'small')]) {
      await expect(quantize(model, out, { force: true })).rejects.toThrow(/lies in the other; write beside the model/);
    }
    const letters = join(scratch, 'letters');
    mkdirSync(letters);
    await quantize(model, letters, { force: true });
    rmSync(letters, { recursive: true });
    mkdirSync(letters);
    writeFileSync(join(letters, 'a.txt'), 'dear');
    for (const out of [letters, join(letters, 'a.txt')]) {
      await expect(quantize(model, out, { force: true })).rejects.toThrow(
        /is no model folder, and force replaces nothing/,
      );
    }
    expect(readdirSync(letters)).toEqual(['a.txt']);
    expect(readdirSync(model)).toEqual(readdirSync(fixture('st-mean')));
  });

  it('a quantized model, another precision, and what is no model', async () => {
    const out = join(scratch, 'never');
    await expect(quantize(made, out, { dtype: 'int8' })).rejects.toThrow(
      /is quantized to int8 already; take the original/,
    );
    await expect(quantize(fixture('st-mean'), out, { dtype: 'int4' as 'int8' })).rejects.toThrow(UsageError);
    await expect(quantize(join(made, '1_Pooling'), out, { dtype: 'int8' })).rejects.toThrow(/has no transformer/);
    await expect(quantize(fixture('st-mean'), '', { dtype: 'int8' })).rejects.toThrow(UsageError);
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(scratch).filter((name) => name.includes('.new'))).toEqual([]);
  });

  it.each<[string, (tensors: Record<string, Tensor>, metadata: Record<string, string>) => unknown, RegExp]>([
    [
      'a matrix without its scale',
      (tensors) => delete tensors['pooler.dense.weight_scale'],
      /missing \(1\): pooler\.dense\.weight_scale/,
    ],
    [
      'int8 that says nothing of itself',
      (_, metadata) => delete metadata.quantization,
      /is I8\[48,48\], expected a float type/,
    ],
    [
      'another version',
      (_, metadata) => Object.assign(metadata, { quantization_version: '9' }),
      /says quantization "int8" of version "9"/,
    ],
    [
      'a scale of another length',
      (tensors) => Object.assign(tensors, { 'pooler.dense.weight_scale': Tensor.zeros([3]) }),
      /pooler\.dense\.weight_scale is F32\[3\], expected a float type \[48\]/,
    ],
  ])('%s', async (_, spoil, message) => {
    using file = await SafetensorsFile.open(join(made, 'model.safetensors'));
    const tensors = Object.fromEntries(file.entries.map(({ name }) => [name, file.tensor(name)]));
    const metadata = { ...file.metadata };
    spoil(tensors, metadata);
    const folder = join(scratch, 'spoilt');
    cpSync(made, folder, { recursive: true });
    rmSync(join(folder, 'model.safetensors'));
    await writeSafetensors(join(folder, 'model.safetensors'), tensors, metadata);
    await expect(SentenceTransformer.load(folder)).rejects.toThrow(WeightsError);
    await expect(SentenceTransformer.load(folder)).rejects.toThrow(message);
  });

  it('and leaves nothing behind where writing fails', async () => {
    const file = join(scratch, 'file');
    writeFileSync(file, '');
    await expect(quantize(fixture('st-mean'), join(file, 'below'), { dtype: 'int8' })).rejects.toThrow();
    expect(statSync(file).size).toBe(0);
  });
});
