/**
 * What `torch.save` wrote before PyTorch 1.6 (2020): pickles one behind the other, of a magic number, a version, the machine, the
 * tensors and the order of their storages; then the storages, each with its number of elements before it.
 */
import type { FileHandle } from 'node:fs/promises';
import { PickledTensor, unpickle } from './unpickle.js';
import type { ZipEntry } from './zip.js';

/** The first pickle, behind its version. */
const magic = Buffer.from('8a0a6cfc9c46f9206aa850192e', 'hex');
const longestStart = 2 + magic.length;

export async function isLegacy(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(longestStart), 0, longestStart, 0);
  return bytesRead === longestStart && buffer[0] === 0x80 && buffer.subarray(2).equals(magic);
}

export interface LegacyContents {
  readonly value: unknown;
  /** Places of storages by their keys. */
  readonly storages: ReadonlyMap<string, ZipEntry>;
}

/**
 * @param largestPickle Most bytes of all pickles together.
 * @param bytesOf Bytes of an element, by the class of a storage; undefined if it is not known.
 * @throws Error that says what of the file is not as it should be.
 */
export async function readLegacy(
  file: FileHandle,
  size: number,
  largestPickle: number,
  bytesOf: (storageType: string) => number | undefined,
): Promise<LegacyContents> {
  const head = Buffer.alloc(Math.min(size, largestPickle));
  const { bytesRead } = await file.read(head, 0, head.length, 0);
  let at = longestStart;
  const next = (): unknown => {
    const { value, end } = unpickle(head.subarray(0, bytesRead), at);
    at = end;
    return value;
  };
  next(); // the version: there has been one
  const machine = next();
  if (!(machine instanceof Map) || machine.get('little_endian') !== true) {
    throw new Error('is big-endian; save it on a little-endian machine');
  }
  const value = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new Error('has no list of storages');
  const known = new Map(
    (value instanceof Map ? [...value.values()] : []).flatMap((tensor: unknown) =>
      tensor instanceof PickledTensor ? [[tensor.storage.key, tensor.storage] as const] : [],
    ),
  );
  const storages = new Map<string, ZipEntry>();
  for (const key of keys as unknown[]) {
    const storage = typeof key === 'string' ? known.get(key) : undefined;
    const element = storage && bytesOf(storage.type);
    // without its size the next one cannot be found
    if (!storage || element === undefined) throw new Error('has a storage that no tensor describes');
    if (storages.has(storage.key)) throw new Error(`has the storage ${storage.key} twice`);
    const count = Buffer.alloc(8);
    await file.read(count, 0, 8, at);
    if (count.readBigInt64LE() !== BigInt(storage.size)) throw new Error(`gives the storage ${storage.key} two sizes`);
    const [begin, end] = [at + 8, at + 8 + storage.size * element];
    if (end > size) throw new Error('ends too soon');
    storages.set(storage.key, { begin, end });
    at = end;
  }
  return { value, storages };
}
