/** Any supported checkpoint with the head its config names, and every inner value in reach. */
import { join } from 'node:path';
import { UsageError } from '../errors.js';
import { resolveModel } from '../hub/resolve.js';
import { JsonFile } from '../json-file.js';
import { buildModel, type Model } from '../models/index.js';
import type { Batch } from '../nn/batch.js';
import { checkOptions, type OptionName } from '../options.js';
import { Program } from '../program/index.js';
import { OFFSETS, TOKENS } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { Checkpoint } from '../weights/checkpoint.js';
import { checkModelOptions, type ModelOptions } from './run/load-options.js';
import { checkAlike, type PackedBatch, packBatch, readIds, readRows, unpaddedLengths } from './run/packed-batch.js';

/** What a forward reads. */
export interface ForwardInput {
  /** Token ids with special tokens, one list a sequence; lengths may differ. */
  readonly inputIds: readonly ArrayLike<number>[];
  /** Segments, like `inputIds`; default all 0. */
  readonly tokenTypeIds?: readonly ArrayLike<number>[] | undefined;
  /** Where padding stands (0), like `inputIds`, if a caller padded on the right; padding is dropped before computing. */
  readonly attentionMask?: readonly ArrayLike<number>[] | undefined;
}

/** What a forward hands back beside the model's own outputs, and how it runs. */
export interface ForwardOptions {
  readonly outputHiddenStates?: boolean | undefined;
  readonly outputAttentions?: boolean | undefined;
  /**
   * Run operation by operation on the calling thread, with all threads the process may use, instead of as one native job.
   * Same results to the bit.
   */
  readonly eager?: boolean | undefined;
  /** Threads for this forward; default: those the model was loaded with. Not beside `eager`. */
  readonly threads?: number | undefined;
  /** Aborts a forward that has not begun. */
  readonly signal?: AbortSignal | undefined;
}

const inputNames = ['inputIds', 'tokenTypeIds', 'attentionMask'] as const satisfies readonly OptionName[];
const forwardOptionNames = [
  'outputHiddenStates',
  'outputAttentions',
  'eager',
  'threads',
  'signal',
] as const satisfies readonly OptionName[];

/** What a forward gives, by transformers' names. Lists hold one tensor a sequence, without padding. T: its tokens. */
export interface ForwardOutput {
  /** `[T, D]` each. */
  readonly lastHiddenState?: readonly Tensor[];
  /** `[S, D]` */
  readonly poolerOutput?: Tensor;
  /** Sequence heads `[S, C]`; token heads `[T, C]` each. */
  readonly logits?: Tensor | readonly Tensor[];
  /** `[T]` each. */
  readonly startLogits?: readonly Tensor[];
  /** `[T]` each. */
  readonly endLogits?: readonly Tensor[];
  /** Per layer, the embeddings first: `[T, D]` each. */
  readonly hiddenStates?: readonly (readonly Tensor[])[];
  /** Per layer: `[H, T, T]` each. */
  readonly attentions?: readonly (readonly Tensor[])[];
}

/** A value by the name a trace or a head gives it, with all sequences in one array. */
interface PackedValue {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Names of output kinds inside a program: `tokens:`, `sequences:` and `trace:` before the value's own name. */
type Packed = ReadonlyMap<string, PackedValue>;

/** A model of any task. */
export class AutoModel {
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly #model: Model;
  readonly #checkpoint: Checkpoint;
  readonly #limits: { maxLength: number; below: number; types: number };
  readonly #options: ModelOptions;
  readonly #programs = new Map<string, Promise<Program>>();
  #disposed = false;

  private constructor(folder: string, config: JsonFile, model: Model, checkpoint: Checkpoint, options: ModelOptions) {
    this.folder = folder;
    this.config = config.value;
    this.#model = model;
    this.#checkpoint = checkpoint;
    this.#options = options;
    const { maxTokens, vocabSize, tokenTypes } = model.limits;
    this.#limits = { maxLength: maxTokens, below: vocabSize, types: tokenTypes };
  }

  /**
   * Loads the family of config.json's `model_type` with the head its `architectures` names. Folder and id are those of
   * {@link SentenceTransformer.load}.
   * @throws ConfigError or WeightsError that names file and field if the folder is not a model this package can run.
   */
  static async load(idOrFolder?: string, options: ModelOptions = {}): Promise<AutoModel> {
    checkModelOptions(options);
    options.signal?.throwIfAborted();
    const folder = await resolveModel(idOrFolder, options);
    const config = await JsonFile.read(join(folder, 'config.json'));
    options.signal?.throwIfAborted();
    const checkpoint = await Checkpoint.open(folder, { mmap: options.mmap ?? true });
    try {
      options.signal?.throwIfAborted();
      return new AutoModel(folder, config, buildModel(config, checkpoint), checkpoint, options);
    } catch (error) {
      checkpoint.close();
      throw error;
    }
  }

  /**
   * Runs the model.
   * @throws UsageError for ids outside the vocabulary, texts longer than the model's positions, or lists that do not match.
   */
  async forward(input: ForwardInput, options: ForwardOptions = {}): Promise<ForwardOutput> {
    if (this.#disposed) throw new UsageError('this model was disposed');
    checkOptions('forward', options, forwardOptionNames);
    if (options.eager && options.threads !== undefined) {
      throw new UsageError('forward: threads does not go with eager, which runs on all threads; leave one of them out');
    }
    options.signal?.throwIfAborted();
    const batch = this.#pack(input);
    const traced = this.#traced(options);
    const packed = options.eager ? this.#eager(batch, traced) : await this.#run(batch, traced, options);
    return unpack(packed, batch.offsets, options);
  }

  /** Frees weights and programs now. Safe to call twice. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const program of this.#programs.values()) (await program).dispose();
    this.#programs.clear();
    this.#checkpoint.close();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #pack(input: ForwardInput): PackedBatch {
    const { maxLength, below, types } = this.#limits;
    checkOptions('forward', input, inputNames, 'its input');
    const rows = readRows('inputIds', input.inputIds);
    const maskRows = input.attentionMask === undefined ? undefined : readRows('attentionMask', input.attentionMask);
    const typeRows = input.tokenTypeIds === undefined ? undefined : readRows('tokenTypeIds', input.tokenTypeIds);
    if (maskRows) checkAlike('attentionMask', maskRows, rows);
    if (typeRows) checkAlike('tokenTypeIds', typeRows, rows);
    const lengths = maskRows && unpaddedLengths('attentionMask', maskRows);
    const inputIds = readIds('inputIds', rows, { maxLength, below }, lengths);
    const tokenTypeIds = typeRows && readIds('tokenTypeIds', typeRows, { maxLength, below: types }, lengths);
    return packBatch(inputIds.map((ids, s) => ({ inputIds: ids, tokenTypeIds: tokenTypeIds?.[s] })));
  }

  #traced(options: ForwardOptions): RegExp[] {
    return [
      ...(options.outputHiddenStates ? [/\boutput$/] : []),
      ...(options.outputAttentions ? [/\battention\.probs$/] : []),
    ];
  }

  /** Calls the model on `batch` and collects what it returns and what is traced. */
  #call(batch: Omit<Batch, 'trace'>, traced: readonly RegExp[]): Record<string, Tensor> {
    const values: Record<string, Tensor> = {};
    const trace: Batch['trace'] = (name, value) => {
      if (traced.some((pattern) => pattern.test(name))) values[`trace:${name}`] = value();
    };
    const { tokens, sequences } = this.#model.forward({ ...batch, trace });
    for (const [name, value] of Object.entries(tokens)) values[`tokens:${name}`] = value;
    for (const [name, value] of Object.entries(sequences)) values[`sequences:${name}`] = value;
    return values;
  }

  #eager(batch: PackedBatch, traced: readonly RegExp[]): Packed {
    const inputs = {
      inputIds: Tensor.from(batch.inputIds),
      tokenTypeIds: Tensor.from(batch.tokenTypeIds),
      offsets: Tensor.from(batch.offsets),
    };
    return new Map(
      Object.entries(this.#call(inputs, traced)).map(([name, value]) => [
        name,
        { data: value.toFloat32Array(), shape: value.shape },
      ]),
    );
  }

  async #run(batch: PackedBatch, traced: readonly RegExp[], options: ForwardOptions): Promise<Packed> {
    const key = traced.join();
    let program = this.#programs.get(key);
    const { cache = true } = this.#options;
    if (!program) {
      program = Program.compile(
        (graph) =>
          this.#call(
            {
              inputIds: graph.input('inputIds', 'i32', [TOKENS]),
              tokenTypeIds: graph.input('tokenTypeIds', 'i32', [TOKENS]),
              offsets: graph.input('offsets', 'i32', [OFFSETS]),
            },
            traced,
          ),
        { threads: this.#options.threads, cache },
      );
      this.#programs.set(key, program);
      // one that failed is not kept: the cause may pass
      program.catch(() => this.#programs.delete(key));
    }
    const { inputIds, tokenTypeIds, offsets } = batch;
    const { threads, signal } = options;
    const outputs = await (await program).run({ inputIds, tokenTypeIds, offsets }, { threads, signal });
    return new Map(
      Object.entries(outputs).map(([name, { data, shape }]) => [name, { data: data as Float32Array, shape }]),
    );
  }
}

function unpack(packed: Packed, offsets: Int32Array, options: ForwardOptions): ForwardOutput {
  const output: Record<string, Tensor | Tensor[] | Tensor[][]> = {};
  const hiddenStates: Tensor[][] = [];
  const attentions: Tensor[][] = [];
  for (const [name, value] of packed) {
    const [kind, key = ''] = name.split(':');
    if (kind === 'sequences') output[key] = Tensor.from(value.data, { shape: value.shape });
    if (kind === 'tokens') output[key] = splitRows(value, offsets);
    // traced values stand in the order of the layers
    if (kind === 'trace' && key.endsWith('.output')) hiddenStates.push(splitRows(value, offsets));
    if (kind === 'trace' && key.endsWith('.probs')) attentions.push(splitPairs(value, offsets));
  }
  if (options.outputHiddenStates) output.hiddenStates = hiddenStates;
  if (options.outputAttentions) output.attentions = attentions;
  return output as ForwardOutput;
}

/** `[N, D]` to `[T, D]` for each sequence, `[N]` to `[T]`. */
function splitRows({ data, shape }: PackedValue, offsets: Int32Array): Tensor[] {
  const width = shape[1] ?? 1;
  const flat = shape.length === 1;
  return Array.from({ length: offsets.length - 1 }, (_, s) => {
    const [begin = 0, end = 0] = offsets.subarray(s, s + 2);
    const tokens = end - begin;
    return Tensor.from(data.slice(begin * width, end * width), { shape: flat ? [tokens] : [tokens, width] });
  });
}

/** `[H, P]` to `[H, T, T]` for each sequence. */
function splitPairs({ data, shape: [heads = 0, pairs = 0] }: PackedValue, offsets: Int32Array): Tensor[] {
  let before = 0;
  return Array.from({ length: offsets.length - 1 }, (_, s) => {
    const tokens = (offsets[s + 1] ?? 0) - (offsets[s] ?? 0);
    const block = new Float32Array(heads * tokens * tokens);
    for (let h = 0; h < heads; h++) {
      const at = h * pairs + before;
      block.set(data.subarray(at, at + tokens * tokens), h * tokens * tokens);
    }
    before += tokens * tokens;
    return Tensor.from(block, { shape: [heads, tokens, tokens] });
  });
}
