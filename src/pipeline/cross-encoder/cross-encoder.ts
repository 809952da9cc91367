/** Pairs of texts to scores: both are read together, which is exact and slow; for ranking what a faster search found. */
import { join } from 'node:path';
import { ConfigError, UsageError } from '../../errors.js';
import { checkOptions, describeValue, type OptionName } from '../../options.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';
import { type PromptOptions, type Prompts, promptOf } from '../folder/prompts.js';
import { readModules, readSentenceConfig } from '../folder/sentence-folder.js';
import { HeadModel, namedHead } from '../run/head-model.js';
import { type ComputeOptions, checkComputeOptions } from '../run/load-options.js';
import type { TokenSequence } from '../run/packed-batch.js';
import { type ActivationFn, activationOf, readActivation, softmax } from './activation-fn.js';
import { Scores } from './scores.js';

/** Two texts: a query and a document, a premise and a hypothesis. */
export type Pair = readonly [first: string, second: string];

/** Options of {@link CrossEncoder.load}. */
export interface CrossEncoderOptions extends ComputeOptions {
  /** Longest pair in tokens, at most the model's own limit, which is the default. */
  readonly maxLength?: number | undefined;
  /** In place of the function that the folder names. */
  readonly activationFn?: ActivationFn | undefined;
}

/** Options of {@link CrossEncoder.predict}. A prompt goes before the first text of every pair. */
export interface PredictOptions extends PromptOptions {
  /** For this call, in place of the model's own. */
  readonly activationFn?: ActivationFn | undefined;
  /** Scores of a pair add up to 1 over its labels; after the activation, and only with several labels. Default false. */
  readonly applySoftmax?: boolean | undefined;
  readonly batchTokens?: number | undefined;
  /** Rejects with the signal's reason; what has begun in native code ends first (milliseconds). */
  readonly signal?: AbortSignal | undefined;
  /** Called after each native job with the pairs done so far and all of them. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Options of {@link CrossEncoder.rank}. */
export interface RankOptions extends Omit<PredictOptions, 'applySoftmax'> {
  /** How many of the best to return. Default all. */
  readonly topK?: number | undefined;
  /** Give the document's text with each. Default false. */
  readonly returnDocuments?: boolean | undefined;
}

/** A document in its place. */
export interface RankedDocument {
  /** Its place in the list that was ranked. */
  readonly corpusId: number;
  readonly score: number;
  /** The query and this document together were longer than the model reads. */
  readonly truncated: boolean;
  /** With `returnDocuments`. */
  readonly text?: string;
}

const predictOptionNames = [
  'activationFn',
  'applySoftmax',
  'promptName',
  'prompt',
  'batchTokens',
  'signal',
  'onProgress',
] as const satisfies readonly OptionName[];

const head = namedHead('ForSequenceClassification', ({ sequences }) => sequences);

/** A cross-encoder. A pair has the same score to the bit in any batch, whatever its order or the threads. */
export class CrossEncoder {
  readonly #model: HeadModel;
  readonly #activation: (logit: number) => number;
  readonly #prompts: Prompts;

  private constructor(model: HeadModel, activation: (logit: number) => number, prompts: Prompts) {
    this.#model = model;
    this.#activation = activation;
    this.#prompts = prompts;
  }

  /**
   * Loads a sequence classifier by its id or folder, as {@link SentenceTransformer.load} does. The function that makes
   * scores of logits is the one the folder names: sigmoid for one label and none for several where it names none.
   * @throws ConfigError or WeightsError that names file and field if the folder is not a model this package can run.
   */
  static async load(idOrFolder: string, options: CrossEncoderOptions = {}): Promise<CrossEncoder> {
    const call = 'CrossEncoder.load';
    checkComputeOptions(call, options, ['maxLength', 'activationFn']);
    const { activationFn } = options;
    const chosen = activationFn === undefined ? undefined : activationOf(call, activationFn);
    const model = await HeadModel.load(call, idOrFolder, head, options);
    try {
      await checkModules(model.folder);
      const sentence = await readSentenceConfig(model.folder);
      const activation = chosen ?? (await readActivation(model.folder, model.config, model.widths[0] ?? 1));
      return new CrossEncoder(model, activation, sentence);
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

  /** Longest pair in tokens, special ones included; of what is longer, the longer text is cut first. */
  get maxSeqLength(): number {
    return this.#model.maxSeqLength;
  }

  /** Scores of one pair. */
  get numLabels(): number {
    return this.#model.widths[0] ?? 1;
  }

  /**
   * Scores of pairs, in the order given. A single pair gives one row.
   * @throws UsageError for what are no pairs of strings, or an option that makes no sense.
   */
  async predict(pairs: Pair | readonly Pair[], options: PredictOptions = {}): Promise<Scores> {
    checkOptions('CrossEncoder.predict', options, predictOptionNames);
    return this.#predict('CrossEncoder.predict', readPairs(pairs), options);
  }

  /**
   * Documents by their score with a query, best first; equal scores keep the order given.
   * @throws UsageError for a model with several labels, or what are no texts.
   */
  async rank(query: string, documents: readonly string[], options: RankOptions = {}): Promise<RankedDocument[]> {
    const call = 'CrossEncoder.rank';
    const { topK, returnDocuments = false, ...predictOptions } = checkedRank(call, query, documents, options);
    if (this.numLabels !== 1) {
      throw new UsageError(`${call} needs a model with one label, this one has ${this.numLabels}; use predict`);
    }
    const texts = [...documents];
    const pairs = texts.map((text): Pair => [query, text]);
    const scores = await this.#predict(call, pairs, predictOptions);
    const cut = new Set(scores.truncated.indices);
    const ranked = texts.map((text, corpusId): RankedDocument => {
      const result = { corpusId, score: scores.data[corpusId] ?? 0, truncated: cut.has(corpusId) };
      return returnDocuments ? { ...result, text } : result;
    });
    return ranked.sort((a, b) => b.score - a.score).slice(0, topK);
  }

  /** Takes no more pairs, lets calls that have begun end, then frees weights and memory. Safe to call twice. */
  dispose(): Promise<void> {
    return this.#model.dispose();
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  async #predict(call: string, pairs: readonly Pair[], options: PredictOptions): Promise<Scores> {
    const model = this.#model;
    model.checkUsable();
    const activation = options.activationFn === undefined ? this.#activation : activationOf(call, options.activationFn);
    const { numLabels } = this;
    const prompt = promptOf(this.#prompts, options);
    const data = new Float32Array(pairs.length * numLabels);
    const truncated: number[] = [];
    const tokenize = (index: number): TokenSequence => {
      const [first, second] = pairs[index] ?? ['', ''];
      const sequence = model.tokenize(prompt + first, second);
      if (sequence.truncated > 0) truncated.push(index);
      return sequence;
    };
    const estimates = pairs.map(([first, second]) => model.estimate(prompt.length + first.length + second.length));
    await model.run(
      { estimates, tokenize },
      (index, [logits = new Float32Array()]) => {
        const scores = logits.map(activation);
        data.set(options.applySoftmax && numLabels > 1 ? softmax(scores) : scores, index * numLabels);
      },
      options,
    );
    return new Scores(
      data,
      pairs.length,
      numLabels,
      truncated.sort((a, b) => a - b),
    );
  }
}

/** A checked copy: the caller may change his list while it is read. */
function readPairs(input: unknown): readonly Pair[] {
  const wanted = 'CrossEncoder.predict takes a pair of strings or a list of pairs';
  if (!Array.isArray(input)) throw new UsageError(`${wanted}, got ${describeValue(input)}`);
  const list: readonly unknown[] = typeof input[0] === 'string' ? [input] : Array.from(input);
  return list.map((pair, index) => {
    if (!Array.isArray(pair) || pair.length !== 2) {
      throw new UsageError(`${wanted}, but pair ${index} is ${describeValue(pair)}`);
    }
    const [first, second]: readonly unknown[] = pair;
    if (typeof first === 'string' && typeof second === 'string') return [first, second];
    throw new UsageError(
      `${wanted}, but pair ${index} holds ${describeValue(typeof first === 'string' ? second : first)}`,
    );
  });
}

function checkedRank(call: string, query: unknown, documents: unknown, options: RankOptions): RankOptions {
  const names = predictOptionNames.filter((name) => name !== 'applySoftmax');
  checkOptions(call, options, [...names, 'topK', 'returnDocuments']);
  if (typeof query !== 'string') throw new UsageError(`${call} takes a query string, got ${describeValue(query)}`);
  if (!Array.isArray(documents)) {
    throw new UsageError(`${call} takes a list of documents, got ${describeValue(documents)}`);
  }
  const odd = Array.from(documents).findIndex((document: unknown) => typeof document !== 'string');
  if (odd < 0) return options;
  throw new UsageError(`${call}: document ${odd} is not a string, got ${describeValue(documents[odd])}`);
}

/** A folder of sentence-transformers must hold nothing that works after the classifier. */
async function checkModules(folder: string): Promise<void> {
  const modules = await readModules(folder);
  if (modules === undefined || modules.length === 1) return;
  const names = modules.map(({ type }) => type).join(', ');
  throw new ConfigError(
    join(folder, 'modules.json'),
    '',
    `lists ${names}; a cross-encoder of one Transformer is supported`,
  );
}
