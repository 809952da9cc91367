/** PyTorch's own weight files, `pytorch_model.bin`: a pickle, and the bytes that it speaks of. Since 1.6 a zip archive. */
import { type FileHandle, open } from 'node:fs/promises';
import { WeightsError } from '../errors.js';
import { native } from '../native.js';
import { checkOptions } from '../options.js';
import { isLegacy, readLegacy } from './pytorch-legacy.js';
import { PickledTensor, unpickle } from './unpickle.js';
import { refused, type WeightEntry, WeightFile } from './weight-file.js';
import { readZip, type ZipEntry } from './zip.js';

/** That of a model with ten thousand tensors has 3 MB. */
const largestPickle = 16 * 2 ** 20;
const convert = 'convert the model: model.save_pretrained(folder, safe_serialization=True)';

/** Bytes of an element and safetensors' name of it, by PyTorch's class of a storage. */
const storages: Readonly<Record<string, readonly [dtype: string, bytes: number]>> = {
  FloatStorage: ['F32', 4],
  HalfStorage: ['F16', 2],
  BFloat16Storage: ['BF16', 2],
  DoubleStorage: ['F64', 8],
  LongStorage: ['I64', 8],
  IntStorage: ['I32', 4],
  ShortStorage: ['I16', 2],
  CharStorage: ['I8', 1],
  ByteStorage: ['U8', 1],
  BoolStorage: ['BOOL', 1],
};

/**
 * An open file that `torch.save` wrote of a state dict. Its pickle is read by a reader that can describe tensors and do
 * nothing else: no code in it runs. Tensors are views into the mapped file, as with safetensors.
 */
export class PytorchFile extends WeightFile {
  /** @throws WeightsError for what is no such file, asks for anything but tensors, or has tensors that do not lie in it. */
  static async open(path: string, options: { mmap?: boolean } = {}): Promise<PytorchFile> {
    checkOptions('PytorchFile.open', options, ['mmap']);
    const entries = await readEntries(path).catch((cause: Error) => {
      throw new WeightsError(`${path}: ${cause.message}`, { cause });
    });
    try {
      return new PytorchFile(path, await native.openWeights(path, options.mmap ?? true, entries));
    } catch (cause) {
      refused(cause);
    }
  }
}

async function readEntries(path: string): Promise<WeightEntry[]> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const { value, placeOf } = (await isLegacy(file)) ? await ofLegacy(file, size) : await ofArchive(file, size);
    if (!(value instanceof Map)) throw new Error(`holds no dictionary of tensors by name; ${convert}`);
    return Array.from(value, ([name, tensor]) => entryOf(name, tensor, placeOf));
  } finally {
    await file.close();
  }
}

interface Contents {
  readonly value: unknown;
  /** Where a storage lies. */
  readonly placeOf: (key: string) => ZipEntry | undefined;
}

async function ofArchive(file: FileHandle, size: number): Promise<Contents> {
  const archive = await readZip(file, size).catch((cause: Error) => {
    throw new Error(`${cause.message}; it is not what torch.save writes; ${convert}`);
  });
  const pickle = [...archive.keys()].find((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickle === undefined) throw new Error(`has no data.pkl; ${convert}`);
  const { begin, end } = archive.get(pickle)!;
  if (end - begin > largestPickle) throw new Error(`has a pickle of ${end - begin} bytes, which no model needs`);
  const bytes = Buffer.alloc(end - begin);
  await file.read(bytes, 0, bytes.length, begin);
  const prefix = pickle.slice(0, -'data.pkl'.length);
  const order = archive.get(`${prefix}byteorder`);
  if (order && order.end - order.begin === 3) throw new Error('is big-endian; save it on a little-endian machine');
  try {
    return { value: unpickle(bytes).value, placeOf: (key) => archive.get(`${prefix}data/${key}`) };
  } catch (cause) {
    throw pickleError(cause);
  }
}

async function ofLegacy(file: FileHandle, size: number): Promise<Contents> {
  try {
    const { value, storages: places } = await readLegacy(file, size, largestPickle, (type) => storages[type]?.[1]);
    return { value, placeOf: (key) => places.get(key) };
  } catch (cause) {
    throw pickleError(cause);
  }
}

function pickleError(cause: unknown): Error {
  return new Error(`its pickle ${(cause as Error).message}; only tensors are read from such files; ${convert}`);
}

function entryOf(name: unknown, tensor: unknown, placeOf: Contents['placeOf']): WeightEntry {
  if (typeof name !== 'string' || !(tensor instanceof PickledTensor)) {
    const what = typeof name === 'string' ? JSON.stringify(name) : 'a key that is no text';
    throw new Error(`${what} is no tensor; a checkpoint of a model's weights alone is needed; ${convert}`);
  }
  const { storage, offset, shape, strides } = tensor;
  const [dtype, bytes] = storages[storage.type] ?? [];
  const place = placeOf(storage.key);
  if (dtype === undefined || bytes === undefined) throw new Error(`tensor "${name}" is of ${storage.type}; ${convert}`);
  if (!place) throw new Error(`tensor "${name}" has no data in the archive`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (count > 0 && !isContiguous(shape, strides)) {
    throw new Error(`tensor "${name}" is stored with strides ${strides.join(', ')}; ${convert}`);
  }
  const begin = place.begin + offset * bytes;
  const end = begin + count * bytes;
  if (offset + count > storage.size || end > place.end) throw new Error(`tensor "${name}" lies outside of its storage`);
  return { name, dtype, shape, begin, end };
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  return shape.toReversed().every((size, i) => {
    const fits = size === 1 || strides[shape.length - 1 - i] === expected;
    expected *= size;
    return fits;
  });
}
