/** Text to vectors: a sentence-transformers folder, loaded as it is and run as one native program. */
import { UsageError } from '../errors.js';
import { resolveModel } from '../hub/resolve.js';
import { native } from '../native.js';
import { l2Normalize } from '../ops/index.js';
import { checkOptions, describeValue, type OptionName } from '../options.js';
import type { Program } from '../program/index.js';
import { Tensor } from '../tensor/tensor.js';
import { Tokenizer } from '../tokenizers/tokenizer.js';
import { describeModel, type ModelDescription } from './describe.js';
import { Embeddings } from './embeddings.js';
import {
  readModules,
  readSentenceConfig,
  readTransformerSettings,
  type SentenceConfig,
  type TransformerSettings,
} from './folder.js';
import { checkLoadOptions, type LoadOptions } from './load-options.js';
import { packBatch, readIds, readRows, type TokenSequence } from './packed-batch.js';
import { compileModules, loadModules, type SentenceModules } from './sentence-modules.js';
import { type SimilarityFunction, similarity, similarityPairwise, type Vectors } from './similarity.js';
import { groupTexts } from './text-groups.js';

/** Options of one call of {@link SentenceTransformer.encode}. */
export interface EncodeOptions {
  /** A prompt from the model's own, by name. */
  readonly promptName?: string | undefined;
  /** Text to put before every text; wins over `promptName`. */
  readonly prompt?: string | undefined;
  /** Scale to unit length after everything else, `truncateDim` included. Default false: the model's modules decide. */
  readonly normalizeEmbeddings?: boolean | undefined;
  /** Keep only the first components, at most {@link SentenceTransformer.dimension}. */
  readonly truncateDim?: number | undefined;
  readonly batchTokens?: number | undefined;
  /** Rejects with the signal's reason; what has begun in native code ends first (milliseconds). */
  readonly signal?: AbortSignal | undefined;
  /** Called after each native job with the texts done so far and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Texts, or token ids with their special tokens, one list a text. */
export type EncodeInput = string | readonly string[] | { readonly inputIds: readonly ArrayLike<number>[] };

const encodeOptionNames = [
  'promptName',
  'prompt',
  'normalizeEmbeddings',
  'truncateDim',
  'batchTokens',
  'signal',
  'onProgress',
] as const satisfies readonly OptionName[];

/** Tokens in one job for each thread: fewer stream the weights too often, more leave the second-level cache. */
const tokensPerThread = 256;
const jobsAtOnce = 2;

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
  readonly #batchTokens: number;
  readonly #running = new Set<Promise<unknown>>();
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
    const threads = parts.options.threads || native.info().threads;
    this.#batchTokens = parts.options.batchTokens ?? tokensPerThread * threads;
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
        const positions = modules.encoder.config.max_position_embeddings;
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
  encode(input: EncodeInput, options: EncodeOptions = {}): Promise<Embeddings> {
    const result = this.#encode(input, options);
    const ended = () => this.#running.delete(result);
    this.#running.add(result);
    result.then(ended, ended);
    return result;
  }

  async #encode(input: EncodeInput, options: EncodeOptions): Promise<Embeddings> {
    this.#checkUsable();
    checkOptions('encode', options, encodeOptionNames);
    const { batchTokens = this.#batchTokens, signal } = options;
    const dimension = this.#outputDimension(options);
    const source = this.#source(input, options);
    const total = source.lengths.length;
    const data = new Float32Array(total * dimension);
    const running: Promise<void>[] = [];
    let done = 0;
    try {
      for (const group of groupTexts(source.lengths, source.tokenize, batchTokens)) {
        signal?.throwIfAborted();
        const job = this.#run(group.sequences, source.promptLength, signal).then((vectors) => {
          const width = this.dimension;
          group.indices.forEach((index, row) => {
            data.set(vectors.subarray(row * width, row * width + dimension), index * dimension);
          });
          done += group.indices.length;
          options.onProgress?.(done, total);
        });
        job.catch(() => {}); // awaited below, maybe after it failed
        running.push(job);
        if (running.length >= jobsAtOnce) await running.shift();
      }
      await Promise.all(running);
    } finally {
      await Promise.allSettled(running);
    }
    signal?.throwIfAborted();
    const truncated = source.truncated.sort((a, b) => a - b);
    return new Embeddings(options.normalizeEmbeddings ? unit(data, dimension) : data, total, dimension, truncated);
  }

  /** {@link SentenceTransformer.encode} with the model's `query` prompt, if it has one. */
  async encodeQuery(input: EncodeInput, options: EncodeOptions = {}): Promise<Embeddings> {
    return this.encode(input, this.#withPrompt('encodeQuery', ['query'], options));
  }

  /** {@link SentenceTransformer.encode} with the model's `document`, `passage` or `corpus` prompt, if it has one. */
  async encodeDocument(input: EncodeInput, options: EncodeOptions = {}): Promise<Embeddings> {
    return this.encode(input, this.#withPrompt('encodeDocument', ['document', 'passage', 'corpus'], options));
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
    this.#prompt(options);
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

  /** Takes no more texts, lets calls that have begun end, then frees weights and memory. Safe to call twice. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await Promise.allSettled(this.#running);
    this.#program.dispose();
    for (const checkpoint of this.#modules.checkpoints) checkpoint.close();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
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
      const limits = { maxLength: this.maxSeqLength, below: this.#modules.encoder.config.vocab_size };
      const rows = readIds('inputIds', readRows('inputIds', input.inputIds), limits);
      const tokenize = (index: number): TokenSequence => ({ inputIds: rows[index] ?? [] });
      return { lengths: rows.map((ids) => ids.length), tokenize, truncated, promptLength: 0 };
    }
    const texts = readTexts(input);
    const prompt = this.#prompt(options);
    const encode = (text: string) =>
      this.tokenizer.encode(this.#lowerCase ? text.toLowerCase() : text, {
        truncation: true,
        maxLength: this.maxSeqLength,
      });
    const tokenize = (index: number): TokenSequence => {
      const encoding = encode(prompt + texts[index]);
      if (encoding.truncated > 0) truncated.push(index);
      return { inputIds: encoding.ids, tokenTypeIds: encoding.typeIds };
    };
    let promptLength = 0;
    if (prompt !== '' && !this.#modules.pooling.includePrompt) {
      // the prompt as a text of its own, less the special token that ends it
      const { ids, specialTokensMask } = encode(prompt);
      promptLength = ids.length - (specialTokensMask[ids.length - 1] ?? 0);
    }
    return { lengths: texts.map((text) => text.length), tokenize, truncated, promptLength };
  }

  async #run(sequences: readonly TokenSequence[], promptLength: number, signal?: AbortSignal): Promise<Float32Array> {
    const { inputIds, tokenTypeIds, offsets } = packBatch(sequences);
    const start = new Int32Array(this.#modules.pooling.includePrompt ? 0 : sequences.length).fill(promptLength);
    const { sentenceEmbedding } = await this.#program.run({ inputIds, tokenTypeIds, offsets, start }, { signal });
    return sentenceEmbedding?.data as Float32Array;
  }

  #prompt(options: EncodeOptions): string {
    if (options.prompt !== undefined) return options.prompt;
    const name = options.promptName ?? this.defaultPromptName;
    if (name === undefined) return '';
    const prompt = Object.hasOwn(this.prompts, name) ? this.prompts[name] : undefined;
    if (prompt === undefined) {
      const known = Object.keys(this.prompts).join(', ') || 'none';
      throw new UsageError(`no prompt "${name}" in this model; it has: ${known}`);
    }
    return prompt;
  }

  #withPrompt(call: string, names: readonly string[], options: EncodeOptions): EncodeOptions {
    checkOptions(call, options, encodeOptionNames);
    if (options.prompt !== undefined || options.promptName !== undefined) return options;
    return { ...options, promptName: names.find((name) => Object.hasOwn(this.prompts, name)) };
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

/** A checked copy: the caller may change his list while it is read. */
function readTexts(input: unknown): readonly string[] {
  if (typeof input === 'string') return [input];
  if (!Array.isArray(input)) {
    throw new UsageError(`encode takes a string, a list of strings, or { inputIds }, got ${describeValue(input)}`);
  }
  return Array.from(input, (text: unknown, index) => {
    checkText(text, index);
    return text;
  });
}

function checkText(text: unknown, index: number): asserts text is string {
  if (typeof text !== 'string') throw new UsageError(`text ${index} is not a string, got ${describeValue(text)}`);
}

function checkSequence(texts: unknown): void {
  if (typeof texts === 'string')
    throw new UsageError('encodeStream takes a list or stream of texts; wrap one in a list');
  const iterable = typeof texts === 'object' && texts !== null;
  if (!iterable || !(Symbol.iterator in texts || Symbol.asyncIterator in texts)) {
    throw new UsageError(`encodeStream takes an iterable or async iterable of texts, got ${describeValue(texts)}`);
  }
}

function checkTruncateDim(wanted: number | undefined, dimension: number): void {
  if (wanted !== undefined && wanted > dimension) {
    throw new UsageError(`truncateDim is ${wanted}, but vectors of this model have dimension ${dimension}`);
  }
}
