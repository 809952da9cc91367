/** safetensors files: read in place through native code, written from tensors. */
import { endianness } from 'node:os';
import { UsageError, WeightsError } from '../errors.js';
import { native } from '../native.js';
import { checkOptions, checkPath, describeValue } from '../options.js';
import { bytesPer } from '../tensor/dtype.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { replaceFile } from './replace-file.js';
import { refused, WeightFile } from './weight-file.js';

const metadataKey = '__metadata__';

/** An open safetensors file. */
export class SafetensorsFile extends WeightFile {
  /** @throws WeightsError naming file and field, if the file is not what it says it is. */
  static async open(path: string, options: { mmap?: boolean } = {}): Promise<SafetensorsFile> {
    checkPath('SafetensorsFile.open', path);
    checkOptions('SafetensorsFile.open', options, ['mmap']);
    try {
      return new SafetensorsFile(path, await native.openWeights(path, options.mmap ?? true));
    } catch (cause) {
      refused(cause);
    }
  }
}

/**
 * Writes tensors as a safetensors file.
 * @throws UsageError for a tensor called `__metadata__`, which the format keeps for itself, what is no tensor, and metadata
 * that is not text; WeightsError if the file cannot be written.
 */
export async function writeSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  if (endianness() !== 'LE') throw new UsageError('safetensors files are little-endian; this machine is not');
  checkPath('writeSafetensors', path);
  checkRecord('tensors', tensors);
  if (metadata !== undefined) checkRecord('metadata', metadata);
  if (Object.hasOwn(tensors, metadataKey)) throw new UsageError(`a tensor cannot be called ${metadataKey}`);
  const wrong = Object.entries(metadata ?? {}).find(([, value]) => typeof value !== 'string');
  if (wrong) throw new UsageError(`metadata "${wrong[0]}" must be a string, got ${typeof wrong[1]}`);
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor instanceof Tensor) continue;
    throw new UsageError(`writeSafetensors: tensors "${name}" must be a Tensor, got ${describeValue(tensor)}`);
  }
  const sources = Object.entries(tensors).map(([name, tensor]): TensorSource => {
    const bytes = () => {
      const data = tensor.toArray();
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    };
    const size = tensor.size * bytesPer(tensor.dtype);
    return { name, dtype: tensor.dtype.toUpperCase(), shape: tensor.shape, size, bytes };
  });
  await writeTensorSources(path, sources, metadata);
}

/** A tensor to be written, whose bytes are asked for when it is its turn. */
export interface TensorSource {
  readonly name: string;
  /** As the format writes it: `F32`. */
  readonly dtype: string;
  readonly shape: Shape;
  /** In bytes. */
  readonly size: number;
  /** Whole, or in pieces one after another. */
  readonly bytes: () => Uint8Array | Iterable<Uint8Array>;
}

/** As {@link writeSafetensors}, with one tensor in memory at a time. */
export async function writeTensorSources(
  path: string,
  sources: readonly TensorSource[],
  metadata?: Readonly<Record<string, string>>,
): Promise<void> {
  // widest elements first, so that every tensor starts at a multiple of its own element size
  const width = ({ dtype }: TensorSource) => Number(/\d+/.exec(dtype)?.[0] ?? 8);
  const ordered = sources.toSorted((a, b) => width(b) - width(a));
  const header: [string, unknown][] = metadata ? [[metadataKey, metadata]] : [];
  let offset = 0;
  for (const { name, dtype, shape, size } of ordered) {
    header.push([name, { dtype, shape, data_offsets: [offset, offset + size] }]);
    offset += size;
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  try {
    await replaceFile(path, async (file) => {
      await file.writeFile(Buffer.concat([length, padded]));
      for (const { bytes } of ordered) {
        const data = bytes();
        for (const piece of data instanceof Uint8Array ? [data] : data) await file.writeFile(piece);
      }
    });
  } catch (cause) {
    throw new WeightsError(`${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
}

function checkRecord(what: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Tensor) {
    throw new UsageError(`writeSafetensors: ${what} must be an object by name, got ${describeValue(value)}`);
  }
}
