/** fastText models (Bojanowski et al. 2017, arXiv:1607.04606; Joulin et al. 2016, arXiv:1607.01759). */
import { UsageError } from '../errors.js';
import { type FastTextArgs, type FastTextHandle, type NativeScores, native } from '../native.js';
import { checkOptions, checkPath, describeValue } from '../options.js';
import { replacePath } from '../weights/replace-file.js';
import { refused } from '../weights/weight-file.js';
import type { Corpus } from './corpus.js';
import type { FastTextControls, FastTextOptions, FastTextSupervisedOptions } from './fasttext-options.js';
import { resume, train, trainSupervised } from './fasttext-training.js';
import { KeyedVectors } from './keyed-vectors.js';
import { dot } from './unit.js';

/** A label with its probability, or a word with its cosine. */
export interface FastTextPrediction {
  readonly label: string;
  readonly score: number;
}

/** Options of {@link FastText.predict}. */
export interface FastTextPredictOptions {
  /** How many labels at most; all of them with -1. Default: 1. */
  k?: number;
  /** The least probability of a label that is named. Default: 0. */
  threshold?: number;
}

/** Options of {@link FastText.nearest} and {@link FastText.analogies}. */
export interface FastTextNearestOptions {
  /** How many words at most. Default: 10. */
  k?: number;
}

/**
 * A `.bin` or `.ftz` of fastText: vectors of words, unknown ones by their n-grams of characters, and classifiers of
 * lines. The matrices are read where they lie in the mapped file; memory holds the dictionary.
 *
 * A method throws WeightsError if the file was cut since it was loaded, or where it reads a number that is not finite.
 */
export class FastText {
  /** fastText's settings under its own names, as the file has them. */
  readonly args: Readonly<FastTextArgs>;
  /** Whether the input matrix is one of a product quantiser (`.ftz`). */
  readonly quantized: boolean;
  readonly #handle: FastTextHandle;
  readonly #counts: { words: number; labels: number };
  #words: readonly string[] | undefined;
  #labels: readonly string[] | undefined;
  #released = false;

  private constructor(handle: FastTextHandle) {
    const { args, quantized, words, labels } = native.fastTextInfo(handle);
    this.args = args;
    this.quantized = quantized;
    this.#handle = handle;
    this.#counts = { words, labels };
  }

  /**
   * Opens a model of any version, also of before fastText had a magic number.
   * @param options.mmap false: reads the file into memory instead of mapping it. Default: true.
   * @throws WeightsError naming file and field, if the file is not what it says it is.
   */
  static async load(path: string, options: { mmap?: boolean } = {}): Promise<FastText> {
    checkPath('FastText.load', path);
    checkOptions('FastText.load', options, ['mmap']);
    return new FastText(await native.fastTextLoad(path, options.mmap ?? true).catch(refused));
  }

  /**
   * Learns vectors of words and of their n-grams of characters, as `fasttext skipgram` and `fasttext cbow` do (Bojanowski et
   * al. 2017). The corpus is read once to count and once an epoch, in batches; training runs away from the event loop. The end
   * of a line is a word, `</s>`.
   * @throws UsageError for a corpus that can be read only once or has no word often enough, options that make no sense, and
   * a learning rate at which the vectors grow beyond all bounds.
   */
  static async train(corpus: Corpus, options: FastTextOptions = {}): Promise<FastText> {
    return new FastText(await train(corpus, options));
  }

  /**
   * Goes on with the training that the option `checkpoint` of {@link FastText.train} kept in a file, with the same corpus; with
   * one thread, to the bits that it would have come to.
   * @throws WeightsError naming the file and the field, where it is not what it should be, and for another corpus.
   */
  static async resume(path: string, corpus: Corpus, options: FastTextControls = {}): Promise<FastText> {
    return new FastText(await resume(path, corpus, options));
  }

  /**
   * Learns to tell the labels of lines, as `fasttext supervised` does (Joulin et al. 2017). Each line holds words and its
   * labels (`__label__…`), apart by spaces; lines without a label are passed over. All of them
   * are held in memory.
   * @throws UsageError for options that make no sense; WeightsError if no line has a word or a label, or training diverges.
   */
  static async trainSupervised(corpus: Corpus, options: FastTextSupervisedOptions = {}): Promise<FastText> {
    return new FastText(await trainSupervised(corpus, options));
  }

  /** The size of a vector. */
  get dim(): number {
    return this.args.dim;
  }

  /** The vocabulary, most frequent words first. */
  get words(): readonly string[] {
    this.#words ??= this.#entries(0, this.#counts.words);
    return this.#words;
  }

  /** The labels of a classifier with their prefix, most frequent first; empty for other models. */
  get labels(): readonly string[] {
    const { words, labels } = this.#counts;
    this.#labels ??= this.#entries(words, words + labels);
    return this.#labels;
  }

  /** The vector `[dim]` of a word: the mean of its row and those of its n-grams; zeros where it has none. */
  vector(word: string): Float32Array {
    return this.#vectors('vector', word, false);
  }

  /**
   * The vector `[dim]` of a line. Classifiers: the mean of all rows of the line, its end and n-grams of words included.
   * Others: the mean of the words' vectors at length 1; words without a vector are passed over.
   * @throws UsageError for a text of several lines.
   */
  sentenceVector(text: string): Float32Array {
    checkLine('sentenceVector', text);
    return this.#vectors('sentenceVector', text, true);
  }

  /**
   * The likeliest labels of a line, or of each of many lines (then on another thread), best first. Scores are what
   * fastText reports: probability + 1e-5; independent of each other with one-vs-all.
   * @throws UsageError for a text of several lines, and for a model that is no classifier.
   */
  predict(text: string, options?: FastTextPredictOptions): FastTextPrediction[];
  predict(texts: readonly string[], options?: FastTextPredictOptions): Promise<FastTextPrediction[][]>;
  predict(
    texts: string | readonly string[],
    options: FastTextPredictOptions = {},
  ): FastTextPrediction[] | Promise<FastTextPrediction[][]> {
    checkOptions('predict', options, ['k', 'threshold']);
    const { k = 1, threshold = 0 } = options;
    const most = k === -1 ? Math.max(1, this.#counts.labels) : k;
    if (!Number.isInteger(most) || most < 1 || most > 2 ** 31 - 1) {
      throw new UsageError(`predict: "k" must be a whole number from 1, or -1 for all labels, got ${describeValue(k)}`);
    }
    if (!(threshold >= 0)) {
      throw new UsageError(`predict: "threshold" must be a number from 0, got ${describeValue(threshold)}`);
    }
    if (this.args.model !== 'supervised') {
      throw new UsageError(
        `predict: the model is no classifier but "${this.args.model}"; only "supervised" ones have labels`,
      );
    }
    if (typeof texts !== 'string' && !Array.isArray(texts)) {
      throw new UsageError(`predict: expected a text or a list of texts, got ${describeValue(texts)}`);
    }
    const labelled = (found: NativeScores) =>
      this.#named(found, this.labels).map(([label, score]) => ({ label, score }));
    if (typeof texts === 'string') {
      checkLine('predict', texts);
      const handle = this.#open('predict');
      return guarded(() => native.fastTextPredictNow(handle, [texts], most, threshold)).flatMap(labelled);
    }
    for (const text of texts) checkLine('predict', text);
    const results = native.fastTextPredict(this.#open('predict'), texts, most, threshold).catch(refused);
    return results.then((lists) => lists.map(labelled));
  }

  /**
   * The words nearest to a word by cosine, itself left out: `[word, cosine]`, best first. The word may be unknown.
   * The first call works out the vectors of all words and keeps them: words × dim × 4 bytes.
   */
  async nearest(word: string, options: FastTextNearestOptions = {}): Promise<[word: string, score: number][]> {
    return this.#nearest('nearest', this.vector(word), [word], options);
  }

  /** The words nearest to a - b + c, each of length 1: `[word, cosine]`, best first; the three are left out. */
  async analogies(
    a: string,
    b: string,
    c: string,
    options: FastTextNearestOptions = {},
  ): Promise<[word: string, score: number][]> {
    const query = new Float32Array(this.dim);
    for (const [word, sign] of [
      [a, 1],
      [b, -1],
      [c, 1],
    ] as const) {
      const vector = this.vector(word);
      const length = Math.sqrt(dot(vector, vector)) + 1e-8;
      for (const [i, value] of vector.entries()) query[i] = (query[i] ?? 0) + (sign * value) / length;
    }
    return this.#nearest('analogies', query, [a, b, c], options);
  }

  /**
   * What a word is made of: itself, if it is known, and its n-grams of characters, each with its row of the input matrix.
   * N-grams whose rows were pruned are left out.
   */
  subwords(word: string): [gram: string, row: number][] {
    checkText('subwords', word);
    return native.fastTextSubwords(this.#open('subwords'), word);
  }

  /** The vectors of all words, n-grams included. */
  async toKeyedVectors(): Promise<KeyedVectors> {
    const handle = this.#open('toKeyedVectors');
    const computed = guarded(() => native.fastTextWordVectors(handle)); // throws for a file that was cut
    return new KeyedVectors(await computed.catch(refused));
  }

  /**
   * Writes the model as fastText 0.9 does (format 12). An unchanged model of that format gives the same bytes.
   * @throws WeightsError if the file cannot be written; there is then none, or the one that was there.
   */
  async saveModel(path: string): Promise<void> {
    checkPath('saveModel', path);
    const handle = this.#open('saveModel');
    await replacePath(path, (beside) => native.fastTextSave(handle, beside)).catch(refused);
  }

  /** Lets go of the file and the dictionary. */
  dispose(): void {
    if (!this.#released) native.fastTextRelease(this.#handle);
    this.#released = true;
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  #open(call: string): FastTextHandle {
    if (this.#released) throw new UsageError(`${call}: the model was disposed of`);
    return this.#handle;
  }

  #entries(begin: number, end: number): readonly string[] {
    return native.fastTextWords(this.#open('words'), begin, end);
  }

  #vectors(call: string, text: string, sentence: boolean): Float32Array {
    checkText(call, text);
    const handle = this.#open(call);
    return guarded(() => native.fastTextVectors(handle, [text], sentence));
  }

  #named({ ids, scores }: NativeScores, names: readonly string[]): [string, number][] {
    return Array.from(ids, (id, i) => [names[id] ?? '', scores[i] ?? 0]);
  }

  async #nearest(call: string, query: Float32Array, banned: string[], options: FastTextNearestOptions) {
    checkOptions(call, options, ['k']);
    const k = options.k ?? 10;
    if (!Number.isInteger(k) || k < 1)
      throw new UsageError(`${call}: "k" must be a whole number from 1, got ${describeValue(k)}`);
    const { words } = this; // the model may be disposed of meanwhile
    const results = await native.fastTextNearest(this.#open(call), query, k, banned).catch(refused);
    return results.flatMap((found) => this.#named(found, words));
  }
}

function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    refused(cause);
  }
}

function checkText(call: string, text: unknown): void {
  if (typeof text !== 'string') throw new UsageError(`${call}: expected a text, got ${describeValue(text)}`);
}

function checkLine(call: string, text: unknown): void {
  checkText(call, text);
  if ((text as string).includes('\n'))
    throw new UsageError(`${call}: takes one line at a time; split the text at "\\n"`);
}
