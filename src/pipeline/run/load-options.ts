/** Options of loading, for a model of any task and for sentence encoders. */
import { UsageError } from '../../errors.js';
import { type HubOptions, hubOptionNames } from '../../hub/settings.js';
import { type Arithmetic, arithmetics, checkOptions, describeValue, type OptionName } from '../../options.js';

/** Options of {@link AutoModel.load}, which computes in float32. */
export interface ModelOptions extends HubOptions {
  /** Threads for this model, at most 1024; 0 or not given: all CPUs the process may use, or VECTRAL_THREADS. */
  readonly threads?: number | undefined;
  /** Map the weight files (default) or read them into memory. */
  readonly mmap?: boolean | undefined;
  /**
   * Keep the packed weights in the user's cache folder (or the one VECTRAL_CACHE names), so that the next process maps
   * them instead of packing. Default true; a folder that cannot be used is gone without.
   */
  readonly cache?: boolean | undefined;
  /** Rejects with the signal's reason at the next file. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of loading what runs as one program. */
export interface ComputeOptions extends ModelOptions {
  /**
   * What linear layers compute in. The default is `f32`, or what a folder was quantized to. `f32` agrees with PyTorch float32 to 1e-5; `bf16` and `int8` are faster
   * and less exact (README has figures). A text has the same bits in any batch in each of them.
   */
  readonly dtype?: Arithmetic | undefined;
  /** Most tokens in one native job; default 256 for each thread. Does not change results. */
  readonly batchTokens?: number | undefined;
}

/** Options of {@link SentenceTransformer.load}. */
export interface LoadOptions extends ComputeOptions {
  /** Keep only the first components of every vector (Matryoshka models); at most the model's dimension. */
  readonly truncateDim?: number | undefined;
}

const modelOptionNames = [
  ...hubOptionNames,
  'threads',
  'mmap',
  'cache',
  'signal',
] as const satisfies readonly OptionName[];
const computeOptionNames = ['dtype', 'batchTokens'] as const satisfies readonly OptionName[];

/** @throws UsageError unless `options` are those of `AutoModel.load`. */
export function checkModelOptions(options: ModelOptions): void {
  checkOptions('AutoModel.load', options, modelOptionNames);
}

/** @throws UsageError unless `options` are those of `SentenceTransformer.load`. */
export function checkLoadOptions(options: LoadOptions): void {
  checkComputeOptions('SentenceTransformer.load', options, ['truncateDim']);
}

/** @throws UsageError unless `options` are {@link ComputeOptions} and those in `more`. */
export function checkComputeOptions(call: string, options: ComputeOptions, more: readonly OptionName[] = []): void {
  checkOptions(call, options, [...modelOptionNames, ...computeOptionNames, ...more]);
  const dtype: unknown = options.dtype;
  if (dtype !== undefined && !arithmetics.some((known) => known === dtype)) {
    throw new UsageError(
      `${call}: dtype ${describeValue(dtype)} is not supported; supported: ${arithmetics.join(', ')}`,
    );
  }
}
