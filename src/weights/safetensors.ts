/** safetensors files: read in place through native code, written from tensors. */
import { writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { UsageError, WeightsError } from '../errors.js';
import { type NativeWeightEntry, native, type WeightsHandle } from '../native.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';

/** One tensor of a file, as its header states it. */
export type SafetensorsEntry = NativeWeightEntry;

/**
 * An open safetensors file. It is mapped and checked once per process, however many threads and models open it; tensors are
 * views that keep it mapped. A mapped file must not be rewritten in place: replace it by a rename. A file that became
 * shorter is noticed before each run and reported; where it may shrink during one, open it with `mmap: false`.
 */
export class SafetensorsFile {
  readonly path: string;
  readonly entries: readonly SafetensorsEntry[];
  /** The header's `__metadata__`. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #handle: WeightsHandle;
  #closed = false;

  private constructor(path: string, handle: WeightsHandle) {
    this.path = path;
    this.#handle = handle;
    this.entries = native.weightsEntries(handle);
    this.metadata = native.weightsMetadata(handle);
  }

  /** @throws WeightsError naming file and field, if the file is not what it says it is. */
  static async open(path: string, options: { mmap?: boolean } = {}): Promise<SafetensorsFile> {
    try {
      return new SafetensorsFile(path, await native.openWeights(path, options.mmap ?? true));
    } catch (cause) {
      throw new WeightsError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }

  /** A tensor of the file, in place. @throws WeightsError for an unknown name or a dtype that tensors do not have. */
  tensor(name: string): Tensor {
    if (this.#closed) throw new UsageError(`${this.path} was closed`);
    const entry = this.entries.find((candidate) => candidate.name === name);
    if (!entry) throw new WeightsError(`${this.path}: no tensor "${name}"`);
    const dtype = entry.dtype.toLowerCase();
    if (!isDType(dtype)) {
      throw new WeightsError(
        `${this.path}: tensor "${name}" has dtype ${entry.dtype}; supported: ${dtypes.join(', ')}`,
      );
    }
    return Tensor.fromHandle(native.weightsTensor(this.#handle, name), dtype, entry.shape);
  }

  /** Lets go of the file; tensors taken from it stay valid. */
  close(): void {
    if (!this.#closed) native.weightsRelease(this.#handle);
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function isDType(name: string): name is DType {
  return (dtypes as readonly string[]).includes(name);
}

/** Writes tensors as a safetensors file. */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  if (endianness() !== 'LE') throw new UsageError('safetensors files are little-endian; this machine is not');
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  const chunks: Uint8Array[] = [];
  let offset = 0;
  // widest elements first, so that every tensor starts at a multiple of its own element size
  const entries = Object.entries(tensors).map(([name, tensor]) => ({ name, tensor, data: tensor.toArray() }));
  entries.sort((a, b) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT);
  for (const { name, tensor, data } of entries) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    header[name] = {
      dtype: tensor.dtype.toUpperCase(),
      shape: tensor.shape,
      data_offsets: [offset, offset + bytes.length],
    };
    offset += bytes.length;
    chunks.push(bytes);
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  await writeFile(path, Buffer.concat([length, padded, ...chunks]));
}
