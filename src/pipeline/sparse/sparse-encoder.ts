/** Texts to sparse vectors over the vocabulary (SPLADE): a weight for each token a text is about, written there or not. */
import { UsageError } from '../../errors.js';
import { resolveModel } from '../../hub/resolve.js';
import { pool } from '../../ops/index.js';
import { checkOptions, type OptionName } from '../../options.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { type SimilarityFunction, similarityFunctions } from '../embeddings/similarity.js';
import { documentPrompts, type PromptOptions, promptOf, queryPrompts, withPrompt } from '../folder/prompts.js';
import { readSentenceConfig, type SentenceConfig } from '../folder/sentence-folder.js';
import { HeadModel, namedHead } from '../run/head-model.js';
import { type ComputeOptions, checkComputeOptions } from '../run/load-options.js';
import type { TakeRows } from '../run/sequence-program.js';
import { readTexts } from '../run/texts.js';
import { bestOf } from '../tasks/labels.js';
import { SparseEmbeddings, type SparseVector, sparseSimilarity } from './sparse-embeddings.js';
import { checkDimensions, readSparseRoutes, type SparseRoutes } from './sparse-routes.js';

/** Options of {@link SparseEncoder.load}. */
export interface SparseEncoderOptions extends ComputeOptions {
  /** Longest text in tokens, at most the model's own limit, which is the default. */
  readonly maxLength?: number | undefined;
  /** Keep only so many of the largest components of every vector; default what the folder says, else all. */
  readonly maxActiveDims?: number | undefined;
}

/** Options of {@link SparseEncoder.encode}. */
export interface SparseEncodeOptions extends PromptOptions {
  /** For this call, in place of the model's own. */
  readonly maxActiveDims?: number | undefined;
  readonly batchTokens?: number | undefined;
  /** Rejects with the signal's reason; what has begun in native code ends first (milliseconds). */
  readonly signal?: AbortSignal | undefined;
  /** Called after each native job with the texts done so far and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const encodeOptionNames = [
  'promptName',
  'prompt',
  'maxActiveDims',
  'batchTokens',
  'signal',
  'onProgress',
] as const satisfies readonly OptionName[];

/** A sparse encoder. Same text, same bits: whatever the batch, its order, or the threads. */
export class SparseEncoder {
  readonly #model: HeadModel;
  readonly #routes: SparseRoutes;
  readonly #sentence: SentenceConfig;
  readonly #maxActiveDims: number | undefined;

  private constructor(
    model: HeadModel,
    routes: SparseRoutes,
    sentence: SentenceConfig,
    maxActiveDims: number | undefined,
  ) {
    this.#model = model;
    this.#routes = routes;
    this.#sentence = sentence;
    this.#maxActiveDims = maxActiveDims;
  }

  /**
   * Loads a folder, or a model by its id, as {@link SentenceTransformer.load} does: a masked language model with
   * SpladePooling, or a Router of that and, for queries, SparseStaticEmbedding.
   * @throws ConfigError or WeightsError that names file and field if the folder is not a model this package can run.
   */
  static async load(idOrFolder: string, options: SparseEncoderOptions = {}): Promise<SparseEncoder> {
    const call = 'SparseEncoder.load';
    checkComputeOptions(call, options, ['maxLength', 'maxActiveDims']);
    if (idOrFolder === undefined) throw new UsageError(`${call} needs the id or the folder of a model`);
    const folder = await resolveModel(idOrFolder, options);
    const routes = await readSparseRoutes(folder);
    const { pooling } = routes;
    const sentence = await readSentenceConfig(folder, 'dot', similarityFunctions);
    const head = namedHead('ForMaskedLM', ({ tokens: { logits } }, { offsets }) => {
      if (!logits) return {};
      return { logits: pooling.strategy === 'sum' ? logits : pool(logits, offsets, 'max') };
    });
    const model = await HeadModel.load(call, routes.transformer, head, options);
    try {
      checkDimensions(routes, model.widths[0] ?? 0, folder);
      return new SparseEncoder(model, routes, sentence, options.maxActiveDims ?? sentence.maxActiveDims);
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  /** The folder the model was read from. */
  get folder(): string {
    return this.#model.folder;
  }

  get tokenizer(): Tokenizer {
    return this.#model.tokenizer;
  }

  /** Longest text in tokens, special ones included; what is longer is cut and reported in `truncated`. */
  get maxSeqLength(): number {
    return this.#model.maxSeqLength;
  }

  /** Components of a vector, zeros included. */
  get dimension(): number {
    return this.#model.widths[0] ?? 0;
  }

  /** The measure {@link SparseEncoder.similarity} uses. */
  get similarityFnName(): SimilarityFunction {
    return this.#sentence.similarityFnName;
  }

  /** The model's prompts by name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#sentence.prompts;
  }

  /**
   * One vector a text, in the order given.
   * @throws UsageError for what are no texts, or an option that makes no sense.
   */
  async encode(input: string | readonly string[], options: SparseEncodeOptions = {}): Promise<SparseEmbeddings> {
    checkOptions('encode', options, encodeOptionNames);
    return this.#encode(input, options, this.#routes.queryByDefault);
  }

  /**
   * {@link SparseEncoder.encode} with the model's `query` prompt, if it has one; in a model with weights of its own for
   * queries, by these, which runs nothing.
   */
  async encodeQuery(input: string | readonly string[], options: SparseEncodeOptions = {}): Promise<SparseEmbeddings> {
    checkOptions('encodeQuery', options, encodeOptionNames);
    return this.#encode(input, withPrompt(this.#sentence, queryPrompts, options), true);
  }

  /** {@link SparseEncoder.encode} with the model's `document`, `passage` or `corpus` prompt, if it has one. */
  async encodeDocument(
    input: string | readonly string[],
    options: SparseEncodeOptions = {},
  ): Promise<SparseEmbeddings> {
    checkOptions('encodeDocument', options, encodeOptionNames);
    return this.#encode(input, withPrompt(this.#sentence, documentPrompts, options), false);
  }

  /** Every vector of `a` with every vector of `b`, by the model's measure: `[a, b]`. */
  similarity(a: SparseEmbeddings, b: SparseEmbeddings): number[][] {
    return sparseSimilarity(a, b, this.similarityFnName);
  }

  /** The tokens each vector is about with their weights, heaviest first. */
  decode(embeddings: SparseEmbeddings, options: { readonly topK?: number | undefined } = {}): [string, number][][] {
    checkOptions('decode', options, ['topK']);
    return embeddings
      .rows()
      .map(({ indices, values }) =>
        bestOf(values, options.topK).map((i): [string, number] => [
          this.tokenizer.idToToken(indices[i] ?? -1) ?? '',
          values[i] ?? 0,
        ]),
      );
  }

  /** Takes no more texts, lets calls that have begun end, then frees weights and memory. Safe to call twice. */
  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #encode(
    input: string | readonly string[],
    options: SparseEncodeOptions,
    isQuery: boolean,
  ): Promise<SparseEmbeddings> {
    const model = this.#model;
    model.checkUsable();
    const prompt = promptOf(this.#sentence, options);
    const texts = readTexts(input, 'a string or a list of strings');
    const most = options.maxActiveDims ?? this.#maxActiveDims;
    const truncated: number[] = [];
    const rows: SparseVector[] = [];
    const noted = <T extends { readonly truncated: number }>(index: number, sequence: T): T => {
      if (sequence.truncated > 0) truncated.push(index);
      return sequence;
    };
    const { query } = this.#routes;
    if (isQuery && query) {
      options.signal?.throwIfAborted();
      texts.forEach((text, index) => {
        const { indices, values } = noted(index, query.encode(prompt + text));
        rows[index] = heaviest({ indices, values }, most);
      });
    } else {
      const estimates = texts.map((text) => model.estimate(prompt.length + text.length));
      const tokenize = (index: number) => noted(index, model.tokenize(prompt + texts[index]));
      const take: TakeRows = (index, [logits = new Float32Array()]) => {
        rows[index] = heaviest(sparse(this.#weigh(logits)), most);
      };
      await model.run({ estimates, tokenize }, take, options);
    }
    return new SparseEmbeddings(
      rows,
      this.dimension,
      truncated.sort((a, b) => a - b),
    );
  }

  /** Weights of the whole vocabulary, from the largest logits `[V]`, or those of all tokens `[T, V]`. */
  #weigh(logits: Float32Array): Float32Array {
    const { strategy, weight } = this.#routes.pooling;
    if (strategy === 'max') return logits.map((logit) => (logit > 0 ? weight(logit) : 0));
    const sums = new Float64Array(this.dimension);
    logits.forEach((logit, i) => {
      if (logit > 0) sums[i % sums.length] = (sums[i % sums.length] ?? 0) + weight(logit);
    });
    return Float32Array.from(sums);
  }
}

/** What is not 0. */
function sparse(weights: Float32Array): SparseVector {
  const indices: number[] = [];
  weights.forEach((weight, i) => {
    if (weight !== 0) indices.push(i);
  });
  return { indices: Int32Array.from(indices), values: Float32Array.from(indices, (i) => weights[i] ?? 0) };
}

/** The `most` largest components; default all. */
function heaviest(vector: SparseVector, most: number | undefined): SparseVector {
  if (most === undefined || vector.values.length <= most) return vector;
  const kept = bestOf(vector.values, most).sort((a, b) => a - b);
  return {
    indices: Int32Array.from(kept, (i) => vector.indices[i] ?? 0),
    values: Float32Array.from(kept, (i) => vector.values[i] ?? 0),
  };
}
