/** Text to vectors: a sentence-transformers folder, loaded as it is and run as one native program. */
import { UsageError } from '../errors.js';
import { resolveModel } from '../hub/resolve.js';
import { l2Normalize } from '../ops/index.js';
import { checkOptions } from '../options.js';
import type { Program } from '../program/index.js';
import { symbolSizes } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import { Tokenizer } from '../tokenizers/tokenizer.js';
import { describeModel, type ModelDescription } from './describe.js';
import { Embeddings } from './embeddings.js';
import { type EncodeInput, type EncodeOptions, encodeOptionNames } from './encode-options.js';
import { type ExplainOptions, type Explanation, explain } from './explain.js';
import {
  readModules,
  readSentenceConfig,
  readTransformerSettings,
  type SentenceConfig,
  type TransformerSettings,
} from './folder.js';
import { checkLoadOptions, type LoadOptions } from './load-options.js';
import { packBatch, readIds, readRows, type TokenSequence } from './packed-batch.js';
import { documentPrompts, promptOf, queryPrompts, withPrompt } from './prompts.js';
import { compileModules, loadModules, type SentenceModules } from './sentence-modules.js';
import { type SimilarityFunction, similarity, similarityPairwise, type Vectors } from './similarity.js';
import { type Group, groupTexts } from './text-groups.js';
import { checkSequence, checkText, readTexts } from './texts.js';

/** Tokens in one job for each thread: fewer stream the weights too often, more leave the second-level cache. */
const tokensPerThread = 256;
/** For telling before tokenizing how much work texts are: characters of a token, and special tokens. */
const charactersPerToken = 4;

/** A sentence encoder. Same text, same bits: whatever the batch, its order, or the threads. */
export class SentenceTransformer {
  /** The folder the model was read from. */
  readonly folder: string;
  readonly tokenizer: Tokenizer;
  /** Longest text in tokens, special ones included; what is longer is cut and reported in `truncated`. */
  readonly maxSeqLength: number;
  readonly #modules: SentenceModules;
  readonly #sentence: SentenceConfig;
  readonly #lowerCase: boolean;
  readonly #program: Program;
  readonly #options: LoadOptions;
  /** Calls that go on, and whom to tell when none does any more. */
  #running = 0;
  #idle: (() => void) | undefined;
  #disposed = false;

  private constructor(parts: {
    folder: string;
    tokenizer: Tokenizer;
    modules: SentenceModules;
    sentence: SentenceConfig;
    settings: { maxSeqLength: number; lowerCase: boolean };
    program: Program;
    options: LoadOptions;
  }) {
    this.folder = parts.folder;
    this.tokenizer = parts.tokenizer;
    this.maxSeqLength = parts.settings.maxSeqLength;
    this.#lowerCase = parts.settings.lowerCase;
    this.#modules = parts.modules;
    this.#sentence = parts.sentence;
    this.#program = parts.program;
    this.#options = parts.options;
  }

  /**
   * Loads a folder, or a model by its Hugging Face id from the local cache or an installed model package.
   * @throws ConfigError or WeightsError that names file and field if the folder is not a model this package can run.
   */
  static async load(idOrFolder?: string, options: LoadOptions = {}): Promise<SentenceTransformer> {
    checkLoadOptions(options);
    options.signal?.throwIfAborted();
    const folder = await resolveModel(idOrFolder);
    const entries = await readModules(folder);
    const transformerFolder = entries?.[0]?.folder ?? folder;
    const sentence = await readSentenceConfig(folder);
    options.signal?.throwIfAborted();
    const modules = await loadModules(folder, entries, options);
    try {
      checkTruncateDim(options.truncateDim, modules.dimension);
      const { threads, dtype, cache = true } = options;
      // Native code packs the weights while the tokenizer is read.
      const compiling = compileModules(modules, { threads, arithmetic: dtype, cache });
      const reading = Tokenizer.load(transformerFolder);
      await Promise.allSettled([compiling, reading]);
      const program = await compiling;
      let tokenizer: Tokenizer;
      let settings: TransformerSettings;
      try {
        tokenizer = await reading;
        const positions = modules.encoder.limits.maxTokens;
        settings = await readTransformerSettings(transformerFolder, tokenizer, positions);
        options.signal?.throwIfAborted();
      } catch (error) {
        program.dispose();
        throw error;
      }
      return new SentenceTransformer({ folder, tokenizer, modules, sentence, settings, program, options });
    } catch (error) {
      for (const checkpoint of modules.checkpoints) checkpoint.close();
      throw error;
    }
  }

  /** Components of a vector, before `truncateDim`. */
  get dimension(): number {
    return this.#modules.dimension;
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
  async encode(input: EncodeInput, options: EncodeOptions = {}): Promise<Embeddings> {
    this.#checkUsable();
    checkOptions('encode', options, encodeOptionNames);
    options.signal?.throwIfAborted();
    return this.#keepingAlive(() => this.#encode(input, options));
  }

  async #encode(input: EncodeInput, options: EncodeOptions): Promise<Embeddings> {
    const dimension = this.#outputDimension(options);
    const source = this.#source(input, options);
    const total = source.estimates.length;
    const data = new Float32Array(total * dimension);
    const { threads } = this.#program;
    const { batchTokens, signal, onProgress } = options;
    const alone = batchTokens ?? this.#options.batchTokens ?? tokensPerThread;
    const together = batchTokens ?? this.#options.batchTokens ?? tokensPerThread * threads;
    const running: Promise<void>[] = [];
    let done = 0;
    const run = async (group: Group) => {
      await this.#run(group, source.promptLength, { data, dimension }, signal);
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

  /** {@link SentenceTransformer.encode} with the model's `query` prompt, if it has one. */
  async encodeQuery(input: EncodeInput, options: EncodeOptions = {}): Promise<Embeddings> {
    return this.encode(input, this.#withPrompt('encodeQuery', queryPrompts, options));
  }

  /** {@link SentenceTransformer.encode} with the model's `document`, `passage` or `corpus` prompt, if it has one. */
  async encodeDocument(input: EncodeInput, options: EncodeOptions = {}): Promise<Embeddings> {
    return this.encode(input, this.#withPrompt('encodeDocument', documentPrompts, options));
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
    return describeModel(this, this.#modules, this.#program);
  }

  /**
   * Measures where the time of a run goes, step by step, against what this machine can do: about a second, and half a
   * second for each number of tokens. Nothing else should run meanwhile.
   * @throws UsageError for a number of tokens that the model does not take.
   */
  async explain(options: ExplainOptions = {}): Promise<Explanation> {
    this.#checkUsable();
    const { dtype = 'f32' } = this.#options;
    const { threads } = this.#program;
    const vocabSize = this.#modules.encoder.limits.vocabSize;
    const inputs = (sequences: readonly (readonly number[])[]) =>
      this.#inputs(
        sequences.map((ids) => ({ inputIds: ids })),
        0,
      );
    const { folder, maxSeqLength: longest } = this;
    const subject = { folder, dtype, threads, program: this.#program, longest, vocabSize, inputs };
    return this.#keepingAlive(() => explain(subject, options));
  }

  /** Takes no more texts, lets calls that have begun end, then frees weights and memory. Safe to call twice. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#program.dispose();
    for (const checkpoint of this.#modules.checkpoints) checkpoint.close();
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
    return options.truncateDim ?? this.#options.truncateDim ?? this.dimension;
  }

  #checkUsable(): void {
    if (this.#disposed) throw new UsageError('this model was disposed');
  }

  /** How to tokenize each text, and what came of it. */
  #source(input: EncodeInput, options: EncodeOptions) {
    const truncated: number[] = [];
    if (typeof input === 'object' && input !== null && 'inputIds' in input) {
      checkOptions('encode', input, ['inputIds'], 'its input');
      const limits = { maxLength: this.maxSeqLength, below: this.#modules.encoder.limits.vocabSize };
      const rows = readIds('inputIds', readRows('inputIds', input.inputIds), limits);
      const tokenize = (index: number): TokenSequence => ({ inputIds: rows[index] ?? [] });
      return { estimates: rows.map((ids) => ids.length), tokenize, truncated, promptLength: 0 };
    }
    const texts = readTexts(input);
    const prompt = promptOf(this.#sentence, options);
    const { tokenizer, maxSeqLength } = this;
    const cased = (text: string) => (this.#lowerCase ? text.toLowerCase() : text);
    const tokenize = (index: number): TokenSequence => {
      const { ids, typeIds, truncated: cut } = tokenizer.sequence(cased(prompt + texts[index]), maxSeqLength);
      if (cut > 0) truncated.push(index);
      return { inputIds: ids, tokenTypeIds: typeIds };
    };
    const specialTokens = tokenizer.specialTokensCount;
    const estimate = (text: string) =>
      Math.min(specialTokens + Math.ceil((prompt.length + text.length) / charactersPerToken), maxSeqLength);
    let promptLength = 0;
    if (prompt !== '' && !this.#modules.pooling.includePrompt) {
      // the prompt as a text of its own, less the special token that ends it
      const { ids, specialTokensMask } = tokenizer.encode(cased(prompt), {
        truncation: true,
        maxLength: maxSeqLength,
      });
      promptLength = ids.length - (specialTokensMask[ids.length - 1] ?? 0);
    }
    return { estimates: texts.map(estimate), tokenize, truncated, promptLength };
  }

  /** Computes a group and puts its rows in their places, of a row's first `dimension` components. */
  async #run(
    { indices, sequences, threads }: Group,
    promptLength: number,
    { data, dimension }: { data: Float32Array; dimension: number },
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const batch = this.#inputs(sequences, promptLength);
    const inputs = [batch.inputIds, batch.tokenTypeIds, batch.offsets];
    if (!this.#modules.pooling.includePrompt) inputs.push(batch.start);
    const width = this.dimension;
    const first = indices[0] ?? 0;
    const direct = dimension === width && indices.every((index, row) => index === first + row);
    const rows = direct
      ? data.subarray(first * width, (first + indices.length) * width)
      : new Float32Array(indices.length * width);
    await this.#program.fill(inputs, symbolSizes(batch.offsets), [rows], { threads, signal });
    if (direct) return;
    indices.forEach((index, row) => {
      data.set(rows.subarray(row * width, row * width + dimension), index * dimension);
    });
  }

  #inputs(sequences: readonly TokenSequence[], promptLength: number) {
    const { inputIds, tokenTypeIds, offsets } = packBatch(sequences);
    const start = new Int32Array(this.#modules.pooling.includePrompt ? 0 : sequences.length).fill(promptLength);
    return { inputIds, tokenTypeIds, offsets, start };
  }

  #withPrompt(call: string, names: readonly string[], options: EncodeOptions): EncodeOptions {
    checkOptions(call, options, encodeOptionNames);
    return withPrompt(this.#sentence, names, options);
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

function checkTruncateDim(wanted: number | undefined, dimension: number): void {
  if (wanted !== undefined && wanted > dimension) {
    throw new UsageError(`truncateDim is ${wanted}, but vectors of this model have dimension ${dimension}`);
  }
}
