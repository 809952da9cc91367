import { UsageError, WeightsError } from '../errors.js';
import { type NativeWeightEntry, native, type WeightsHandle } from '../native.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { Tensor } from '../tensor/tensor.js';

/** One tensor of a file, as the file states it; safetensors' names of element types. */
export type WeightEntry = NativeWeightEntry;

/**
 * An open file of tensors. It is mapped and checked once per process, however many threads and models open it; tensors are
 * views that keep it mapped. A mapped file must not be rewritten in place: replace it by a rename. A file that became
 * shorter is noticed before each run and reported; where it may shrink during one, open it with `mmap: false`.
 */
export class WeightFile {
  readonly path: string;
  readonly entries: readonly WeightEntry[];
  /** The header's `__metadata__`; empty in other formats. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly #handle: WeightsHandle;
  #closed = false;

  /** @internal */
  protected constructor(path: string, handle: WeightsHandle) {
    this.path = path;
    this.#handle = handle;
    this.entries = native.weightsEntries(handle);
    this.metadata = native.weightsMetadata(handle);
  }

  /** A tensor of the file, in place. @throws WeightsError for an unknown name, or a dtype or rank that tensors do not have. */
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
    try {
      return Tensor.fromHandle(native.weightsTensor(this.#handle, name), dtype, entry.shape);
    } catch (cause) {
      refused(cause);
    }
  }

  /** Lets go of the file; tensors taken from it stay valid. */
  close(): void {
    if (!this.#closed) native.weightsRelease(this.#handle);
    this.#closed = true;
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** What native code says of a file, as an error of this package. */
export function refused(cause: unknown): never {
  throw new WeightsError(cause instanceof Error ? cause.message : String(cause), { cause });
}

function isDType(name: string): name is DType {
  return (dtypes as readonly string[]).includes(name);
}
