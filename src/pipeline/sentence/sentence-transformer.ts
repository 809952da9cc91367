/** Text to vectors: a sentence-transformers folder, loaded as it is and run as one native program. */
import { UsageError } from '../../errors.js';
import { resolveModel } from '../../hub/resolve.js';
import { l2Normalize } from '../../ops/index.js';
import { checkOptions } from '../../options.js';
import { Tensor } from '../../tensor/tensor.js';
import { Tokenizer } from '../../tokenizers/tokenizer.js';
import { Embeddings } from '../embeddings/embeddings.js';
import {
  type Precision,
  type QuantizedEmbeddings,
  type QuantizedPrecision,
  quantizeEmbeddings,
} from '../embeddings/quantized-embeddings.js';
import { type SimilarityFunction, similarity, similarityPairwise } from '../embeddings/similarity.js';
import type { Vectors } from '../embeddings/vectors.js';
import { documentPrompts, promptOf, queryPrompts, withPrompt } from '../folder/prompts.js';
import { noSentenceConfig, readModules, readSentenceConfig, type SentenceConfig } from '../folder/sentence-folder.js';
import { checkLoadOptions, type LoadOptions } from '../run/load-options.js';
import { type Group, groupTexts } from '../run/text-groups.js';
import { checkSequence, checkText } from '../run/texts.js';
import { describeModel, type ModelDescription } from './describe.js';
import { type EncodeInput, type EncodeOptions, encodeOptionNames } from './encode-options.js';
import { type ExplainOptions, type Explanation, explain } from './explain.js';
import { firstTypes } from './sentence-modules.js';
import { checkTruncateDim, loadRoutes, type SentenceRoutes } from './sentence-routes.js';

/** What {@link SentenceTransformer.encode} gives with a `precision`. */
export type EncodedAs<P extends Precision> = P extends QuantizedPrecision ? QuantizedEmbeddings<P> : Embeddings;

/** A sentence encoder. Same text, same bits: whatever the batch, its order, or the threads. */
export class SentenceTransformer {
  /** The folder the model was read from. */
  readonly folder: string;
  /** Longest text in tokens, special ones included; what is longer is cut and reported in `truncated`. */
  readonly maxSeqLength: number;
  readonly #routes: SentenceRoutes;
  readonly #sentence: SentenceConfig;
  readonly #options: LoadOptions;
  /** Calls that go on, and whom to tell when none does any more. */
  #running = 0;
  #idle: (() => void) | undefined;
  #disposed = false;

  private constructor(folder: string, routes: SentenceRoutes, sentence: SentenceConfig, options: LoadOptions) {
    this.folder = folder;
    this.maxSeqLength = routes.usual.maxSeqLength;
    this.#routes = routes;
    this.#sentence = sentence;
    this.#options = options;
  }

  /**
   * Loads a folder, or a model by its Hugging Face id from the local cache or an installed model package.
   * @throws ConfigError or WeightsError that names file and field if the folder is not a model this package can run.
   */
  static async load(idOrFolder?: string, options: LoadOptions = {}): Promise<SentenceTransformer> {
    checkLoadOptions(options);
    options.signal?.throwIfAborted();
    const folder = await resolveModel(idOrFolder, options);
    const entries = await readModules(folder, [...firstTypes, 'Router', 'Asym']);
    const sentence = entries ? await readSentenceConfig(folder) : noSentenceConfig;
    options.signal?.throwIfAborted();
    const routes = await loadRoutes(folder, entries, options);
    return new SentenceTransformer(folder, routes, sentence, options);
  }

  /** @throws UsageError for a model of whole words (WordEmbeddings), which has none. */
  get tokenizer(): Tokenizer {
    const { tokenizer } = this.#routes.usual;
    if (tokenizer instanceof Tokenizer) return tokenizer;
    throw new UsageError('this model has no tokenizer.json: its words are what stands between spaces');
  }

  /** Components of a vector, before `truncateDim`. */
  get dimension(): number {
    return this.#routes.usual.dimension;
  }

  /** The model's prompts by name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#sentence.prompts;
  }

  get defaultPromptName(): string | undefined {
    return this.#sentence.defaultPromptName;
  }

  /** The measure {@link SentenceTransformer.similarity} uses. */
  get similarityFnName(): SimilarityFunction {
    return this.#sentence.similarityFnName;
  }

  /**
   * One vector a text, in the order given. A single text gives one row. The input is copied before this returns.
   * @throws UsageError for what are no texts or ids, an id outside the vocabulary, or an option that makes no sense.
   */
  async encode<P extends Precision = 'float32'>(
    input: EncodeInput,
    options: EncodeOptions & { readonly precision?: P | undefined } = {},
  ): Promise<EncodedAs<P>> {
    this.#checkUsable();
    checkOptions('encode', options, [...encodeOptionNames, 'precision']);
    options.signal?.throwIfAborted();
    const embeddings = await this.#keepingAlive(() => this.#encode(input, options));
    const { precision = 'float32' } = options;
    const result = precision === 'float32' ? embeddings : quantizeEmbeddings(embeddings, precision);
    return result as EncodedAs<P>;
  }

  async #encode(input: EncodeInput, options: EncodeOptions): Promise<Embeddings> {
    const dimension = this.#outputDimension(options);
    const route = this.#routes.of(options.task);
    const source = route.source(input, promptOf(this.#sentence, options), options.task);
    const total = source.estimates.length;
    const data = new Float32Array(total * dimension);
    const { threads } = route.program;
    const { batchTokens, signal, onProgress } = options;
    const { tokensPerThread } = route.modules.first;
    const alone = batchTokens ?? this.#options.batchTokens ?? tokensPerThread;
    const together = batchTokens ?? this.#options.batchTokens ?? tokensPerThread * threads;
    const running: Promise<void>[] = [];
    let done = 0;
    const run = async (group: Group) => {
      await route.run(group, source.promptLength, { data, dimension }, signal);
      done += group.indices.length;
      onProgress?.(done, total);
    };
    try {
      for (const group of groupTexts(source.estimates, source.tokenize, { threads, together, alone })) {
        signal?.throwIfAborted();
        const job = run(group);
        job.catch(() => {}); // awaited below, maybe after it failed
        running.push(job);
        if (running.length > threads) await running.shift();
      }
      for (let job = running.shift(); job; job = running.shift()) await job;
    } finally {
      if (running.length > 0) await Promise.allSettled(running);
    }
    signal?.throwIfAborted();
    const truncated = source.truncated.sort((a, b) => a - b);
    return new Embeddings(options.normalizeEmbeddings ? unit(data, dimension) : data, total, dimension, truncated);
  }

  /** {@link SentenceTransformer.encode} with the task `query` and the model's prompt of that name, if it has one. */
  async encodeQuery<P extends Precision = 'float32'>(
    input: EncodeInput,
    options: EncodeOptions & { readonly precision?: P | undefined } = {},
  ): Promise<EncodedAs<P>> {
    return this.encode(input, this.#forTask('encodeQuery', 'query', queryPrompts, options));
  }

  /**
   * {@link SentenceTransformer.encode} with the task `document` and the model's `document`, `passage` or `corpus` prompt, if
   * it has one.
   */
  async encodeDocument<P extends Precision = 'float32'>(
    input: EncodeInput,
    options: EncodeOptions & { readonly precision?: P | undefined } = {},
  ): Promise<EncodedAs<P>> {
    return this.encode(input, this.#forTask('encodeDocument', 'document', documentPrompts, options));
  }

  /**
   * Vectors of any sequence of texts in constant memory: `batchSize` texts at a time, the next ones read while these
   * compute. Row i of the k-th batch is text k · batchSize + i.
   * @throws UsageError, when the first batch is asked for, as {@link SentenceTransformer.encode} does; for a text that is
   * no string when its turn comes.
   */
  async *encodeStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EncodeOptions & { readonly batchSize?: number | undefined } = {},
  ): AsyncGenerator<Embeddings> {
    checkOptions('encodeStream', options, [...encodeOptionNames, 'batchSize']);
    const { batchSize = 256, ...encodeOptions } = options;
    this.#checkUsable();
    this.#outputDimension(options);
    promptOf(this.#sentence, options);
    checkSequence(texts);
    let read = 0;
    let pending: Promise<Embeddings> | undefined;
    let batch: string[] = [];
    const start = () => {
      const next = this.encode(batch, encodeOptions);
      next.catch(() => {}); // reported when it is awaited; the consumer may have left by then
      batch = [];
      return next;
    };
    for await (const text of texts) {
      checkText(text, read++);
      if (batch.push(text) < batchSize) continue;
      const next = start();
      if (pending) yield await pending;
      pending = next;
    }
    const last = batch.length > 0 ? start() : undefined;
    if (pending) yield await pending;
    if (last) yield await last;
  }

  /** Every vector of `a` with every vector of `b`, by the model's measure: `[a, b]`. */
  similarity(a: Vectors, b: Vectors): number[][] {
    return similarity(a, b, this.similarityFnName);
  }

  /** Each vector of `a` with the vector of `b` in the same place. */
  similarityPairwise(a: Vectors, b: Vectors): number[] {
    return similarityPairwise(a, b, this.similarityFnName);
  }

  /** What was loaded and how it runs. @throws UsageError once the model was disposed. */
  describe(): ModelDescription {
    this.#checkUsable();
    return describeModel(this, this.#routes);
  }

  /**
   * Measures where the time of a run goes, step by step, against what this machine can do: about a second, and half a
   * second for each number of tokens. Nothing else should run meanwhile.
   * @throws UsageError for a number of tokens that the model does not take.
   */
  async explain(options: ExplainOptions = {}): Promise<Explanation> {
    this.#checkUsable();
    const { dtype = 'f32' } = this.#options;
    const { program, modules, maxSeqLength: longest } = this.#routes.usual;
    const inputs = (sequences: readonly (readonly number[])[]) =>
      this.#routes.usual.inputs(
        sequences.map((ids) => ({ inputIds: ids })),
        0,
      );
    const { vocabSize } = modules.first.encoder.limits;
    const subject = { folder: this.folder, dtype, threads: program.threads, program, longest, vocabSize, inputs };
    return this.#keepingAlive(() => explain(subject, options));
  }

  /** Takes no more texts, lets calls that have begun end, then frees weights and memory. Safe to call twice. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#routes.dispose();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** `dispose` waits for what has begun. */
  async #keepingAlive<T>(work: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await work();
    } finally {
      if (--this.#running === 0) this.#idle?.();
    }
  }

  #outputDimension(options: EncodeOptions): number {
    checkTruncateDim(options.truncateDim, this.dimension);
    const ofModel = Math.min(this.#sentence.truncateDim ?? this.dimension, this.dimension);
    return options.truncateDim ?? this.#options.truncateDim ?? ofModel;
  }

  #checkUsable(): void {
    if (this.#disposed) throw new UsageError('this model was disposed');
  }

  #forTask<O extends EncodeOptions>(call: string, task: string, prompts: readonly string[], options: O): O {
    checkOptions(call, options, [...encodeOptionNames, 'precision']);
    return withPrompt(this.#sentence, prompts, { ...options, task: options.task ?? task });
  }
}

function unit(data: Float32Array, dimension: number): Float32Array {
  const x = Tensor.from(data, { shape: [data.length / dimension, dimension] });
  const y = l2Normalize(x);
  try {
    return y.toFloat32Array();
  } finally {
    x.dispose();
    y.dispose();
  }
}
