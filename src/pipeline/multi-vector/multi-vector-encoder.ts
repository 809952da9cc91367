/** Texts to a vector for each token, compared by late interaction (ColBERT): finer than one vector a text, and larger. */
import { join } from 'node:path';
import { ConfigError, UsageError } from '../../errors.js';
import { resolveModel } from '../../hub/resolve.js';
import { JsonFile } from '../../json-file.js';
import { buildEncoder } from '../../models/index.js';
import type { Batch } from '../../nn/batch.js';
import { l2Normalize, linear } from '../../ops/index.js';
import { checkOptions, type OptionName } from '../../options.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { Checkpoint } from '../../weights/checkpoint.js';
import { documentPrompts, type PromptOptions, promptOf, queryPrompts, withPrompt } from '../folder/prompts.js';
import { specialTokenId } from '../folder/special-token.js';
import { type BuiltHead, type Head, HeadModel, type TokenizedSequence } from '../run/head-model.js';
import { type ComputeOptions, checkComputeOptions } from '../run/load-options.js';
import { readTexts } from '../run/texts.js';
import { Dense } from '../sentence/modules/dense.js';
import { type MultiVectorConfig, readMultiVectorConfig } from './multi-vector-config.js';
import { MultiVectorEmbeddings, maxsim, maxsimPairwise } from './multi-vector-embeddings.js';

/** Options of {@link MultiVectorEncoder.encodeQuery} and {@link MultiVectorEncoder.encodeDocument}. */
export interface MultiVectorEncodeOptions extends PromptOptions {
  readonly batchTokens?: number | undefined;
  /** Rejects with the signal's reason; what has begun in native code ends first (milliseconds). */
  readonly signal?: AbortSignal | undefined;
  /** Called after each native job with the texts done so far and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const encodeOptionNames = [
  'promptName',
  'prompt',
  'batchTokens',
  'signal',
  'onProgress',
] as const satisfies readonly OptionName[];

/** Ids that the model's rules speak of. */
interface Ids {
  readonly expansion: number | undefined;
  readonly skipped: ReadonlySet<number>;
  readonly kept: ReadonlySet<number> | undefined;
}

/** A late-interaction encoder. Same text, same bits: whatever the batch, its order, or the threads. */
export class MultiVectorEncoder {
  readonly #model: HeadModel;
  readonly #config: MultiVectorConfig;
  readonly #ids: Ids;

  private constructor(model: HeadModel, config: MultiVectorConfig, ids: Ids) {
    this.#model = model;
    this.#config = config;
    this.#ids = ids;
  }

  /**
   * Loads a folder, or a model by its id, as {@link SentenceTransformer.load} does: one that sentence-transformers 6 or
   * PyLate saved, or Stanford's ColBERT.
   * @throws ConfigError or WeightsError that names file and field if the folder is not a model this package can run.
   */
  static async load(idOrFolder: string, options: ComputeOptions = {}): Promise<MultiVectorEncoder> {
    const call = 'MultiVectorEncoder.load';
    checkComputeOptions(call, options);
    if (idOrFolder === undefined) throw new UsageError(`${call} needs the id or the folder of a model`);
    const folder = await resolveModel(idOrFolder, options);
    const config = await readMultiVectorConfig(folder);
    const head = await openHead(config, options);
    const model = await HeadModel.load(call, config.transformer, head, options);
    try {
      const ids = await readIds(model, config);
      for (const length of [config.queryLength, config.queryExpansion?.length, config.documentLength]) {
        if (length === undefined || length <= model.positions) continue;
        const problem = `has a length of ${length}, but the model has only ${model.positions} positions`;
        throw new ConfigError(folder, '', problem);
      }
      return new MultiVectorEncoder(model, config, ids);
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  /** The folder the encoder was read from. */
  get folder(): string {
    return this.#model.folder;
  }

  get tokenizer(): Tokenizer {
    return this.#model.tokenizer;
  }

  /** Components of a vector. */
  get dimension(): number {
    return this.#model.widths[0] ?? 0;
  }

  /** Longest query in tokens, special ones and those that expand it included. */
  get queryLength(): number {
    const { queryLength, queryExpansion } = this.#config;
    const { maxSeqLength } = this.#model;
    if (queryExpansion === undefined) return queryLength ?? maxSeqLength;
    const { strategy, length } = queryExpansion;
    return strategy === 'fixed' ? length : Math.max(queryLength ?? maxSeqLength, length);
  }

  /** Longest document in tokens, special ones included; what is longer is cut and reported in `truncated`. */
  get documentLength(): number {
    return this.#config.documentLength ?? this.#model.maxSeqLength;
  }

  /** The measure {@link MultiVectorEncoder.similarity} uses: `maxsim`, or `meanmaxsim`, which is it divided by a query's vectors. */
  get similarityFnName(): 'maxsim' | 'meanmaxsim' {
    return this.#config.similarityFnName;
  }

  /** The model's prompts by name. */
  get prompts(): Readonly<Record<string, string>> {
    return this.#config.prompts;
  }

  /**
   * Vectors of queries, with the model's `query` prompt and expansion, if it has them.
   * @throws UsageError for what are no texts, or an option that makes no sense.
   */
  async encodeQuery(
    input: string | readonly string[],
    options: MultiVectorEncodeOptions = {},
  ): Promise<MultiVectorEmbeddings> {
    checkOptions('encodeQuery', options, encodeOptionNames);
    return this.#encode('query', input, withPrompt(this.#prompts, queryPrompts, options));
  }

  /**
   * Vectors of documents, with the model's `document` prompt, without the tokens that the model skips.
   * @throws UsageError as {@link MultiVectorEncoder.encodeQuery} does.
   */
  async encodeDocument(
    input: string | readonly string[],
    options: MultiVectorEncodeOptions = {},
  ): Promise<MultiVectorEmbeddings> {
    checkOptions('encodeDocument', options, encodeOptionNames);
    return this.#encode('document', input, withPrompt(this.#prompts, documentPrompts, options));
  }

  /** Every query with every document, by the model's measure: `[queries, documents]`. */
  similarity(queries: MultiVectorEmbeddings, documents: MultiVectorEmbeddings): number[][] {
    return maxsim(queries, documents).map((row, q) => row.map((score) => this.#measured(score, queries, q)));
  }

  /** Each query with the document in the same place. */
  similarityPairwise(queries: MultiVectorEmbeddings, documents: MultiVectorEmbeddings): number[] {
    return maxsimPairwise(queries, documents).map((score, q) => this.#measured(score, queries, q));
  }

  /** Takes no more texts, lets calls that have begun end, then frees weights and memory. Safe to call twice. */
  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  get #prompts() {
    return { prompts: this.#config.prompts, defaultPromptName: undefined };
  }

  #measured(score: number, queries: MultiVectorEmbeddings, q: number): number {
    return this.similarityFnName === 'maxsim' ? score : score / Math.max(queries.text(q).length, 1);
  }

  async #encode(
    task: 'query' | 'document',
    input: string | readonly string[],
    options: MultiVectorEncodeOptions,
  ): Promise<MultiVectorEmbeddings> {
    const model = this.#model;
    model.checkUsable();
    const prompt = promptOf(this.#prompts, options);
    const texts = readTexts(input, 'a string or a list of strings');
    const truncated: number[] = [];
    const read: ArrayLike<number>[] = [];
    const tokenize = (index: number) => {
      const sequence = this.#tokenize(prompt, texts[index] ?? '', task);
      if (sequence.truncated > 0) truncated.push(index);
      const expanded = task === 'query' ? this.#expand(sequence) : sequence;
      read[index] = expanded.inputIds;
      return expanded;
    };
    const rows: Float32Array[] = [];
    await model.run(
      { estimates: texts.map((text) => model.estimate(prompt.length + text.length)), tokenize },
      (index, [vectors = new Float32Array()]) => {
        rows[index] = this.#scored(vectors, read[index] ?? [], task);
      },
      options,
    );
    return new MultiVectorEmbeddings(
      rows,
      this.dimension,
      truncated.sort((a, b) => a - b),
    );
  }

  /** The text after its prompt; a marker of older folders by its id, after the first special token. */
  #tokenize(prompt: string, text: string, task: 'query' | 'document'): TokenizedSequence {
    const length = task === 'query' ? this.queryLength : this.documentLength;
    const marker = this.#config.markers ? markerOf(prompt, this.tokenizer) : undefined;
    if (marker === undefined) return this.#model.tokenize(prompt + text, undefined, length);
    const { inputIds, tokenTypeIds, truncated } = this.#model.tokenize(marker.rest + text, undefined, length - 1);
    return {
      inputIds: Int32Array.of(...inputIds.subarray(0, 1), marker.id, ...inputIds.subarray(1)),
      tokenTypeIds: Int32Array.of(...tokenTypeIds.subarray(0, 1), 0, ...tokenTypeIds.subarray(1)),
      truncated,
    };
  }

  #expand({ inputIds, tokenTypeIds }: TokenizedSequence) {
    const { queryExpansion } = this.#config;
    const { expansion } = this.#ids;
    if (queryExpansion === undefined || expansion === undefined || inputIds.length >= queryExpansion.length) {
      return { inputIds, tokenTypeIds };
    }
    const ids = new Int32Array(queryExpansion.length).fill(expansion);
    const types = new Int32Array(queryExpansion.length);
    ids.set(inputIds);
    types.set(tokenTypeIds);
    return { inputIds: ids, tokenTypeIds: types, keys: queryExpansion.attend ? ids.length : inputIds.length };
  }

  /** The vectors of tokens that count. */
  #scored(vectors: Float32Array, ids: ArrayLike<number>, task: 'query' | 'document'): Float32Array {
    const skips = this.#config.mask.skiplistTasks.includes(task);
    const { skipped, kept } = this.#ids;
    const places = Array.from(ids, (id, place) => {
      const counts = !(skips && skipped.has(id)) && !(task === 'document' && kept && !kept.has(id));
      return counts ? place : -1;
    }).filter((place) => place >= 0);
    const { dimension } = this;
    const rows = new Float32Array(places.length * dimension);
    places.forEach((place, row) => {
      rows.set(vectors.subarray(place * dimension, (place + 1) * dimension), row * dimension);
    });
    return rows;
  }
}

/** A prompt that begins with a token of the vocabulary which text would not give whole. */
function markerOf(prompt: string, tokenizer: Tokenizer): { id: number; rest: string } | undefined {
  for (const candidate of [prompt, prompt.split(/\s/)[0] ?? '']) {
    const id = candidate === '' ? undefined : tokenizer.tokenToId(candidate);
    if (id === undefined) continue;
    const { ids } = tokenizer.encode(candidate, { addSpecialTokens: false });
    return ids.length === 1 && ids[0] === id ? undefined : { id, rest: prompt.slice(candidate.length) };
  }
  return undefined;
}

/** The encoder, Dense layers on every token's row, unit length. */
async function openHead(config: MultiVectorConfig, options: ComputeOptions): Promise<Head> {
  const dense: [JsonFile, Checkpoint][] = [];
  try {
    for (const folder of config.dense) {
      const file = await JsonFile.read(join(folder, 'config.json'));
      dense.push([file, await Checkpoint.open(folder, { mmap: options.mmap ?? true })]);
    }
  } catch (error) {
    for (const [, checkpoint] of dense) checkpoint.close();
    throw error;
  }
  // rows that expand a query are not seen by attention, where a model says so
  const keys = config.queryExpansion?.attend === false;
  return {
    keys,
    checkpoints: dense.map(([, checkpoint]) => checkpoint),
    build(file, checkpoint) {
      const encoder = buildEncoder(file, checkpoint, config.inlineDense ? [/^linear\./] : []);
      let width = encoder.hiddenSize;
      const layers: ((x: Tensor) => Tensor)[] = dense.map(([settings, weights]) => {
        const layer = new Dense(settings, weights, width);
        width = layer.outFeatures;
        return (x) => layer.forward(x);
      });
      if (config.inlineDense) {
        const weight = inlineDense(checkpoint, width);
        layers.push((x) => linear(x, weight));
      }
      if (config.normalize) layers.push((x) => l2Normalize(x));
      const forward: BuiltHead['forward'] = (batch) => {
        const seen = watched(batch);
        const vectors = layers.reduce((x, layer) => layer(x), encoder.encode(seen.batch));
        if (keys && !seen.read()) throw file.error('model_type', 'is of a family that cannot hide expansion tokens');
        return { vectors };
      };
      return { limits: encoder.limits, forward };
    },
  };
}

/** A batch that tells whether its keys were asked for: a family that does not would let every token be seen. */
function watched(batch: Batch): { batch: Batch; read: () => boolean } {
  let read = false;
  const { keys, ...rest } = batch;
  const get = () => {
    read = true;
    return keys;
  };
  return { batch: Object.defineProperty(rest, 'keys', { get }), read: () => read };
}

/** `linear.weight` `[D, hidden]`. */
function inlineDense(checkpoint: Checkpoint, hidden: number): Tensor {
  const weight = checkpoint.tensor('linear.weight');
  if (weight.rank === 2 && weight.shape[1] === hidden) return weight;
  throw new ConfigError(checkpoint.fileOf('linear.weight'), 'linear.weight', `is ${weight}, expected [D,${hidden}]`);
}

async function readIds({ folder, tokenizer }: HeadModel, config: MultiVectorConfig): Promise<Ids> {
  const { queryExpansion, mask } = config;
  const file = join(folder, 'tokenizer_config.json');
  const named = queryExpansion?.token;
  const expansion =
    named === undefined
      ? ((await specialTokenId(folder, tokenizer, 'mask_token')) ??
        (await specialTokenId(folder, tokenizer, 'eos_token')))
      : tokenizer.tokenToId(named);
  if (queryExpansion !== undefined && expansion === undefined) {
    throw new ConfigError(file, 'mask_token', `is missing, and queries are expanded with ${named ?? 'it'}`);
  }
  // a word that is no token of its own would otherwise stand for every unknown one
  const skipped = mask.skiplistWords.flatMap((word) => tokenizer.tokenToId(word) ?? []);
  const kept = mask.keepOnlyTokenIds && new Set(mask.keepOnlyTokenIds);
  return { expansion, skipped: new Set(skipped), kept };
}
