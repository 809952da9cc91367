/** Reading safetensors against files written by hand, and writing them against a reader of the tests' own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { SafetensorsFile, Tensor, UsageError, WeightsError, writeSafetensors } from 'vectral';
import { describe, expect, it } from 'vitest';
import { defaultModelFolder } from '../process/child.js';
import { bytesOf, fileOf, type RawTensors, rawFile, temporaryFolder, tensorsOf } from './raw-file.js';

const folder = temporaryFolder();
let made = 0;

function written(content: Buffer): string {
  const path = join(folder, `${made++}.safetensors`);
  writeFileSync(path, content);
  return path;
}

/** Little-endian bytes of a list, `size` each. */
function pack<T>(size: number, list: readonly T[], put: (view: DataView, at: number, x: T) => void): Uint8Array {
  const view = new DataView(new ArrayBuffer(size * list.length));
  for (const [i, x] of list.entries()) put(view, i * size, x);
  return new Uint8Array(view.buffer);
}

const floats = pack(4, [1.5, -0, 1e-45, Number.NaN], (view, at, x) => view.setFloat32(at, x, true));
const doubles = pack(8, [Math.PI, -5e-324], (view, at, x) => view.setFloat64(at, x, true));
const halves = pack(2, [0x3e00, 0x8001, 0x7c00, 0x7bff], (view, at, x) => view.setUint16(at, x, true));
const brains = pack(2, [0x3fc0, 0x8000, 0xff80, 0x0001], (view, at, x) => view.setUint16(at, x, true));
const bytes = pack(1, [-128, 0, 127], (view, at, x) => view.setInt8(at, x));
const ints = pack(4, [-(2 ** 31), 2 ** 31 - 1], (view, at, x) => view.setInt32(at, x, true));
const longs = pack(8, [-(2n ** 63n), 2n ** 53n + 1n], (view, at, x) => view.setBigInt64(at, x, true));

const all: RawTensors = {
  bytes: { dtype: 'I8', shape: [3], bytes },
  floats: { dtype: 'F32', shape: [2, 2], bytes: floats },
  doubles: { dtype: 'F64', shape: [2], bytes: doubles },
  halves: { dtype: 'F16', shape: [4, 1], bytes: halves },
  brains: { dtype: 'BF16', shape: [1, 4], bytes: brains },
  ints: { dtype: 'I32', shape: [2], bytes: ints },
  longs: { dtype: 'I64', shape: [2], bytes: longs },
};
const values = {
  bytes: Int8Array.of(-128, 0, 127),
  floats: Float32Array.of(1.5, -0, 1e-45, Number.NaN),
  doubles: Float64Array.of(Math.PI, -5e-324),
  halves: Uint16Array.of(0x3e00, 0x8001, 0x7c00, 0x7bff),
  brains: Uint16Array.of(0x3fc0, 0x8000, 0xff80, 0x0001),
  ints: Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
  longs: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n),
};

describe.each([{ mmap: true }, { mmap: false }])('reading, mmap $mmap', (options) => {
  // The int8 tensor comes first, so that with any header length most tensors begin at odd addresses.
  it.each([0, 1, 2, 3, 4, 5, 6, 7])('every dtype, header padded by %i spaces', async (spaces) => {
    using file = await SafetensorsFile.open(written(fileOf(all, { spaces })), options);
    expect(file.entries.map(({ name }) => name).sort()).toEqual(Object.keys(all).sort());
    for (const [name, raw] of Object.entries(all)) {
      using tensor = file.tensor(name);
      expect(tensor.dtype).toBe(raw.dtype.toLowerCase());
      expect(tensor.shape).toEqual(raw.shape);
      expect(tensor.toArray()).toEqual(values[name as keyof typeof values]);
    }
  });

  it('no tensors, empty tensors and scalars', async () => {
    using none = await SafetensorsFile.open(written(rawFile('{}')), options);
    expect(none.entries).toEqual([]);
    using file = await SafetensorsFile.open(
      written(
        fileOf({
          empty: { dtype: 'F32', shape: [0], bytes: new Uint8Array(0) },
          rows: { dtype: 'F16', shape: [0, 7], bytes: new Uint8Array(0) },
          one: { dtype: 'I32', shape: [], bytes: ints.subarray(0, 4) },
          columns: { dtype: 'I64', shape: [7, 0], bytes: new Uint8Array(0) },
        }),
      ),
      options,
    );
    expect(file.tensor('empty').toArray()).toEqual(new Float32Array(0));
    expect(file.tensor('rows').shape).toEqual([0, 7]);
    expect(file.tensor('columns').toArray()).toEqual(new BigInt64Array(0));
    expect(file.tensor('one').shape).toEqual([]);
    expect(file.tensor('one').toArray()).toEqual(Int32Array.of(-(2 ** 31)));
  });

  it('metadata, odd names, and entries as the header states them', async () => {
    const names = ['é"\\/', '\u{1F600}', '__proto__', '', ' a ', '0'];
    const tensors = Object.fromEntries(names.map((name) => [name, { dtype: 'I8', shape: [3], bytes }]));
    const metadata = { format: 'pt', größe: '\t"x"' };
    using file = await SafetensorsFile.open(written(fileOf(tensors, { metadata })), options);
    expect(file.metadata).toEqual(metadata);
    expect(file.entries.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const name of names) expect(file.tensor(name).toArray()).toEqual(values.bytes);
    const entry = file.entries.find(({ name }) => name === '__proto__');
    expect(entry).toMatchObject({ dtype: 'I8', shape: [3] });
    expect((entry?.end ?? 0) - (entry?.begin ?? 0)).toBe(3);
  });

  it('other dtypes are listed, and refused by name when asked for', async () => {
    const others = { U8: 1, U16: 2, U32: 4, U64: 8, I16: 2, BOOL: 1, F8_E4M3: 1, F8_E5M2: 1 };
    const tensors = Object.fromEntries(
      Object.entries(others).map(([dtype, size]) => [
        `of ${dtype}`,
        { dtype, shape: [2], bytes: new Uint8Array(2 * size) },
      ]),
    );
    using file = await SafetensorsFile.open(written(fileOf(tensors)), options);
    for (const dtype of Object.keys(others)) {
      expect(() => file.tensor(`of ${dtype}`)).toThrow(WeightsError);
      expect(() => file.tensor(`of ${dtype}`)).toThrow(new RegExp(`"of ${dtype}".*${dtype}`));
    }
  });

  it('a tensor outlives the file, and a closed file gives none', async () => {
    const file = await SafetensorsFile.open(written(fileOf(all)), options);
    const tensor = file.tensor('floats');
    file.close();
    file.close();
    expect(tensor.toArray()).toEqual(values.floats);
    expect(() => file.tensor('floats')).toThrow(UsageError);
  });

  it('refuses a name that the file lacks, and more axes than tensors have', async () => {
    const shape = [1, 1, 1, 1, 1, 1, 3];
    const path = written(fileOf({ deep: { dtype: 'I8', shape, bytes } }));
    using file = await SafetensorsFile.open(path, options);
    expect(() => file.tensor('deeq')).toThrow(`${path}: no tensor "deeq"`);
    expect(file.entries[0]?.shape).toEqual(shape);
    expect(() => file.tensor('deep')).toThrow(WeightsError);
    expect(() => file.tensor('deep')).toThrow(/"deep".*7/);
  });

  it('every tensor of the default model, to the bit', async () => {
    const path = join(defaultModelFolder, 'model.safetensors');
    using file = await SafetensorsFile.open(path, options);
    const expected = Object.entries(tensorsOf(path));
    expect(file.entries.length).toBe(expected.length);
    for (const [name, raw] of expected) {
      using tensor = file.tensor(name);
      expect(tensor.shape).toEqual(raw.shape);
      expect(Buffer.compare(bytesOf(tensor.toArray()), raw.bytes), name).toBe(0);
    }
  });
});

describe('writing', () => {
  it('gives what a reader of its own finds, and what vectral reads', async () => {
    const tensors = Object.fromEntries(
      Object.entries(all).map(([name, { dtype, shape }]) => {
        const data = values[name as keyof typeof values];
        return [name, Tensor.from(data, { shape, dtype: dtype.toLowerCase() as Tensor['dtype'] })];
      }),
    );
    const path = join(folder, 'written.safetensors');
    await writeSafetensors(path, tensors, { by: 'vectral' });
    const found = tensorsOf(path);
    expect(Object.keys(found).sort()).toEqual(Object.keys(all).sort());
    for (const [name, raw] of Object.entries(all)) expect(found[name]).toEqual(raw);
    // As the format asks: the header's length makes the data begin at a multiple of 8.
    expect(Number(readFileSync(path).readBigUInt64LE()) % 8).toBe(0);
    using file = await SafetensorsFile.open(path);
    expect(file.metadata).toEqual({ by: 'vectral' });
    for (const name of Object.keys(all)) {
      expect(file.tensor(name).toArray()).toEqual(values[name as keyof typeof values]);
    }
  });

  it('keeps tensors with odd names, and none at all', async () => {
    const path = join(folder, 'odd.safetensors');
    const names = ['__proto__', 'constructor', '1', '0', '', 'a\nb', 'é'];
    await writeSafetensors(path, Object.fromEntries(names.map((name, i) => [name, Tensor.from([i])])));
    using file = await SafetensorsFile.open(path);
    names.forEach((name, i) => {
      expect(file.tensor(name).toArray()).toEqual(Float32Array.of(i));
    });
    await writeSafetensors(path, {});
    using empty = await SafetensorsFile.open(path);
    expect(empty.entries).toEqual([]);
  });

  it('refuses the name that means metadata, and metadata that is not text', async () => {
    const path = join(folder, 'refused.safetensors');
    await expect(writeSafetensors(path, { __metadata__: Tensor.from([1]) })).rejects.toThrow(UsageError);
    const metadata = { step: 5 } as unknown as Record<string, string>;
    await expect(writeSafetensors(path, {}, metadata)).rejects.toThrow(UsageError);
  });

  it.each<[string, unknown, unknown, unknown, string]>([
    ['no path', undefined, {}, undefined, 'the path must be a string that is not empty, got undefined'],
    ['a number as path', 5, {}, undefined, 'got 5'],
    ['null for tensors', 'a', null, undefined, 'tensors must be an object by name, got null'],
    ['a tensor for tensors', 'a', Tensor.from([1]), undefined, 'tensors must be an object by name, got Tensor'],
    ['what is no tensor', 'a', { w: [1, 2] }, undefined, 'tensors "w" must be a Tensor, got a list of 2'],
    ['null for metadata', 'a', {}, null, 'metadata must be an object by name, got null'],
  ])('refuses %s', async (_, path, tensors, metadata, message) => {
    const call = () => writeSafetensors(path as never, tensors as never, metadata as never);
    await expect(call()).rejects.toThrow(UsageError);
    await expect(call()).rejects.toThrow(message);
  });

  it('says which path cannot be written', async () => {
    const path = join(folder, 'absent', 'x.safetensors');
    await expect(writeSafetensors(path, {})).rejects.toThrow(WeightsError);
    await expect(writeSafetensors(path, {})).rejects.toThrow(`${path} cannot be written`);
  });

  it('opening refuses what is no path, and options that are none', async () => {
    await expect(SafetensorsFile.open(null as never)).rejects.toThrow(UsageError);
    await expect(SafetensorsFile.open('a', { mmap: 1 } as never)).rejects.toThrow('mmap must be true or false, got 1');
  });

  it('is read by the npm package safetensors, which takes files without metadata only', async () => {
    const { SafeTensor } = createRequire(import.meta.url)('safetensors') as { SafeTensor: SafeTensorClass };
    const path = join(folder, 'interop.safetensors');
    const tensors = { a: Tensor.from(values.floats, { shape: [4] }), b: Tensor.from(values.longs) };
    await writeSafetensors(path, tensors);
    const file = new SafeTensor(new Uint8Array(readFileSync(path)));
    expect([...file.metadata.keys()].sort()).toEqual(['a', 'b']);
    expect(file.metadata.get('a')).toMatchObject({ dtype: 'F32', shape: [4] });
    expect(bytesOf(file.getTensor('a'))).toEqual(floats);
    expect(bytesOf(file.getTensor('b'))).toEqual(longs);
    await writeSafetensors(path, tensors, { format: 'pt' });
    expect(() => new SafeTensor(new Uint8Array(readFileSync(path)))).toThrow(TypeError);
  });
});

/** What that package, which has no types, exports. */
type SafeTensorClass = new (
  file: Uint8Array,
) => {
  metadata: Map<string, { dtype: string; shape: number[] }>;
  getTensor(name: string): Uint8Array;
};
