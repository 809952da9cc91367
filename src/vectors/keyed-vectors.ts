/** Words and their vectors, and what is asked of them: gensim's KeyedVectors, in camelCase. */
import { UsageError } from '../errors.js';
import { type NativeArray, type NativeNeighbours, native, type VectorsHandle } from '../native.js';
import { checkOptions, describeValue } from '../options.js';
import { Tensor } from '../tensor/tensor.js';
import { closerThan, rank, wmdistance } from './distances.js';
import { type AnalogyOptions, type AnalogyResult, evaluateWordAnalogies } from './evaluate-analogies.js';
import { evaluateWordPairs, type WordPairOptions, type WordPairResult } from './evaluate-pairs.js';
import { saveVectors, type VectorFormat } from './save-vectors.js';
import { dot, unit, weightedMean } from './unit.js';
import {
  readVectorFile,
  type VectorDType,
  type VectorFileOptions,
  type VectorFileReport,
  vectorDTypes,
} from './vector-file.js';

const mostNumbers = 2 ** 30; // of one copy: 4 GiB

/** A word, a vector, or either with a weight. */
export type QueryItem = string | ArrayLike<number> | readonly [string | ArrayLike<number>, number];

/** What {@link KeyedVectors.mostSimilar} is asked. */
export interface MostSimilarOptions {
  /** What the result should be like. */
  positive?: QueryItem | readonly QueryItem[] | undefined;
  /** What it should not be like. */
  negative?: QueryItem | readonly QueryItem[] | undefined;
  /** Results. Default: 10. */
  topn?: number | undefined;
  /** Looks among the first (in most files: most frequent) words only. */
  restrictVocab?: number | undefined;
}

/** Words with a vector each: a matrix `[size, dim]`, its rows in the order of the file. */
export class KeyedVectors {
  /** Number of words. */
  readonly size: number;
  /** Components of a vector. */
  readonly dim: number;
  readonly dtype: VectorDType;
  /** What loading found. */
  readonly report: VectorFileReport;
  readonly #vectors: VectorsHandle;
  #disposed = false;

  /** @internal */
  constructor(handle: VectorsHandle, report?: VectorFileReport) {
    const { size, dim, dtype } = native.vectorsSize(handle);
    this.size = size;
    this.dim = dim;
    this.dtype = dtype as VectorDType;
    this.report = report ?? { declared: undefined, duplicates: 0, duplicate: undefined };
    this.#vectors = handle;
  }

  /**
   * Reads word2vec's text and binary files, GloVe's and fastText's text (each also gzipped), or vectral's own form: a folder with
   * `vectors.safetensors` and `vocab.txt`, whose matrix is used where it lies. In memory are the matrix and the words. Of a
   * fastText model (`.bin`, `.ftz`) it takes the vectors of the known words; others are {@link FastText.vector}'s.
   * @throws WeightsError naming the file and the line or word, where it is not what it should be.
   */
  static async load(path: string, options: VectorFileOptions = {}): Promise<KeyedVectors> {
    const { handle, report } = await readVectorFile(path, options);
    return new KeyedVectors(handle, report);
  }

  /** From words and a matrix `[words, dim]`. @throws UsageError for words that come twice or hold a newline, and another size. */
  static from(words: readonly string[], matrix: Tensor | Float32Array): KeyedVectors {
    const refuse = (problem: string): never => {
      throw new UsageError(`KeyedVectors.from: ${problem}`);
    };
    if (!isWords(words) || words.length === 0) refuse(`words must be a list of words, got ${describeValue(words)}`);
    if (words.some((word) => word.includes('\n'))) refuse('a word cannot hold a newline');
    const half = words.find((word) => /\p{Surrogate}/u.test(word));
    if (half !== undefined) refuse(`the word ${JSON.stringify(half)} holds half a character, which UTF-8 cannot hold`);
    if (!(matrix instanceof Tensor) && !(matrix instanceof Float32Array))
      refuse(`the matrix must be a Tensor or a Float32Array, got ${describeValue(matrix)}`);
    const dim = matrix instanceof Tensor ? Number(matrix.shape[1]) : matrix.length / words.length;
    if (!(Number.isInteger(dim) && dim > 0)) refuse('the matrix must be [words, dim], a row for each word');
    const rows = matrix instanceof Tensor ? matrix : Tensor.from(matrix as NativeArray, { shape: [words.length, dim] });
    if (!(vectorDTypes as readonly string[]).includes(rows.dtype))
      refuse(`the matrix must be of ${vectorDTypes.join(', ')}, got ${rows.dtype}; convert it`);
    const values = matrix instanceof Tensor ? matrix.toFloat32Array() : matrix;
    const odd = values.findIndex((x) => !Number.isFinite(x));
    if (odd >= 0) refuse(`the vector of ${JSON.stringify(words[Math.floor(odd / dim)])} holds no finite numbers`);
    try {
      return new KeyedVectors(native.vectorsFrom(Buffer.from(words.map((word) => `${word}\n`).join('')), rows.handle));
    } catch (cause) {
      throw new UsageError(`KeyedVectors.from: ${cause instanceof Error ? cause.message : cause}`);
    }
  }

  /** The word's place, most frequent first in most files, or -1. */
  indexOf(word: string): number {
    return native.vectorsFind(this.#handle, word);
  }

  /** Whether the word has a vector. */
  has(word: string): boolean {
    return this.indexOf(word) >= 0;
  }

  /** Words by their places, from `begin` to before `end`; all by default. */
  words(begin = 0, end = this.size): string[] {
    if (!(Number.isSafeInteger(begin) && begin >= 0 && Number.isSafeInteger(end) && end >= 0))
      throw new UsageError(`words: begin and end must be whole numbers from 0, got ${begin} and ${end}`);
    const last = Math.min(end, this.size);
    return native.vectorsWords(this.#handle, Math.min(begin, last), last);
  }

  /** A copy of the word's vector, `[dim]`. @throws UsageError for a word that is not there. */
  vector(word: string): Float32Array {
    return this.rows([this.#place(word)]);
  }

  /** Copies of rows by their places, `[places, dim]`. */
  rows(places: ArrayLike<number>): Float32Array {
    const { size, dim } = this;
    const most = Math.floor(mostNumbers / dim);
    if (!(Object(places).length <= most))
      throw new UsageError(`rows: places must be a list of at most ${most} numbers, got ${describeValue(places)}`);
    for (let i = 0; i < places.length; i++) {
      const place = places[i]!;
      if (!(Number.isInteger(place) && place >= 0 && place < size))
        throw new UsageError(`rows: a place must be a whole number from 0 to ${size - 1}, got ${describeValue(place)}`);
    }
    return native.vectorsRows(this.#handle, Int32Array.from(places));
  }

  /**
   * The words whose vectors are nearest by cosine to the mean of the positive words at length 1, less the negative ones;
   * the words asked with are left out. @returns `[word, cosine]`, best first.
   */
  mostSimilar(options: MostSimilarOptions): [string, number][] {
    const { items, topn, rows } = this.#query('mostSimilar', options);
    const mean = weightedMean(
      items.map((item) => unit(item.vector)),
      items.map(({ weight }) => weight),
    );
    const places = items.flatMap(({ place }) => (place < 0 ? [] : [place]));
    const found = native.vectorsNearest(
      this.#handle,
      Float32Array.from(unit(mean)),
      Math.min(rows, topn + places.length),
      rows,
    );
    return this.#named(found, 0, new Set(places), topn);
  }

  /** The nearest words to a vector, by cosine. */
  similarByVector(
    vector: ArrayLike<number>,
    options: { topn?: number | undefined; restrictVocab?: number | undefined } = {},
  ): [string, number][] {
    return this.mostSimilar({ ...options, positive: [vector] });
  }

  /**
   * The nearest words to each of many vectors `[queries][dim]`, in one job away from the event loop: many times faster than one
   * after another. No word is left out.
   */
  async nearest(
    vectors: readonly ArrayLike<number>[],
    options: { topn?: number | undefined; restrictVocab?: number | undefined } = {},
  ): Promise<[string, number][][]> {
    checkOptions('nearest', options, ['topn', 'restrictVocab']);
    if (!Array.isArray(vectors))
      throw new UsageError(`nearest: vectors must be a list of vectors, got ${describeValue(vectors)}`);
    const rows = this.#rowsOf(options.restrictVocab);
    const topn = Math.min(count('topn', options.topn ?? 10), rows);
    const queries = new Float32Array(vectors.length * this.dim);
    for (const [i, vector] of vectors.entries()) queries.set(unit(this.#checked(vector)), i * this.dim);
    const found = await native.vectorsNearestBatch(this.#handle, queries, topn, rows);
    return vectors.map((_, i) => this.#named(found, i * topn, new Set(), topn));
  }

  /**
   * As {@link mostSimilar} with the multiplicative combination of Levy & Goldberg (2014): the product of the positive
   * similarities, shifted to (1 + cos) / 2, over that of the negative ones + 1e-6.
   */
  mostSimilarCosmul(options: MostSimilarOptions): [string, number][] {
    const { items, topn, rows } = this.#query('mostSimilarCosmul', options);
    if (items.some(({ weight }) => Math.abs(weight) !== 1))
      throw new UsageError('mostSimilarCosmul takes no weights; mostSimilar does');
    const over = new Float64Array(rows).fill(1);
    const under = new Float64Array(rows).fill(1);
    for (const { vector, weight } of items) {
      const cosines = native.vectorsCosines(this.#handle, Float32Array.from(unit(vector)), rows);
      const product = weight > 0 ? over : under;
      for (let r = 0; r < rows; r++) product[r]! *= (1 + cosines[r]!) / 2;
    }
    const left = new Set(items.map(({ place }) => place));
    const score = over.map((value, r) => (left.has(r) ? Number.NEGATIVE_INFINITY : value / (under[r]! + 1e-6)));
    const order = bestOf(score, Math.min(topn, rows));
    const words = order.filter((r) => score[r] !== Number.NEGATIVE_INFINITY);
    return words.map((r) => [this.words(r, r + 1)[0]!, score[r]!]);
  }

  /** The cosine of two words. */
  similarity(a: string, b: string): number {
    return dot(unit(this.vector(a)), unit(this.vector(b)));
  }

  /** 1 − {@link similarity}. */
  distance(a: string, b: string): number {
    return 1 - this.similarity(a, b);
  }

  /** 1 − cosine of the word with each of others, or with all words in their order. */
  distances(word: string, others?: readonly string[]): Float64Array {
    if (others) return Float64Array.from(others, (other) => this.distance(word, other));
    const cosines = native.vectorsCosines(this.#handle, Float32Array.from(unit(this.vector(word))), this.size);
    return Float64Array.from(cosines, (value) => 1 - value);
  }

  /** The cosine of the means of two lists of words; words that are not there are passed over. */
  nSimilarity(a: readonly string[], b: readonly string[]): number {
    checkWords('nSimilarity', a, b);
    const mean = (words: readonly string[]) => {
      const known = words.filter((word) => this.has(word));
      if (known.length === 0)
        throw new UsageError(`nSimilarity: none of the words [${words.join(', ')}] is in the vocabulary`);
      return unit(
        weightedMean(
          known.map((word) => this.vector(word)),
          known.map(() => 1),
        ),
      );
    };
    return dot(mean(a), mean(b));
  }

  /** The word that fits least: the farthest from the mean of all at length 1. Words that are not there are passed over. */
  doesntMatch(words: readonly string[]): string {
    checkWords('doesntMatch', words);
    const known = words.filter((word) => this.has(word));
    if (known.length === 0) throw new UsageError('doesntMatch: none of the words is in the vocabulary');
    const units = known.map((word) => unit(this.vector(word)));
    const mean = unit(
      weightedMean(
        units,
        units.map(() => 1),
      ),
    );
    const scores = units.map((vector) => dot(vector, mean));
    return known[scores.indexOf(Math.min(...scores))]!;
  }

  /**
   * Word Mover's Distance of two documents (Kusner et al. 2015) over Euclidean distances; words that are not there are left
   * out. Infinity if nothing is left. `norm` (default): vectors at length 1.
   */
  wmdistance(a: readonly string[], b: readonly string[], options: { norm?: boolean } = {}): number {
    checkOptions('wmdistance', options, ['norm']);
    checkWords('wmdistance', a, b);
    return wmdistance(this, a, b, options.norm ?? true);
  }

  /** Words nearer to `a` than `b` is. */
  closerThan(a: string, b: string): string[] {
    return closerThan(this, a, b);
  }

  /** 1 for the word nearest to `a`. */
  rank(a: string, b: string): number {
    return rank(this, a, b);
  }

  /** Google's analogy test, by sections, as gensim counts it. @param file its path */
  evaluateWordAnalogies(file: string, options: AnalogyOptions = {}): Promise<AnalogyResult> {
    return evaluateWordAnalogies(this, file, options);
  }

  /** Correlation with people's judgement of pairs of words, as gensim counts it. @param file its path */
  evaluateWordPairs(file: string, options: WordPairOptions = {}): Promise<WordPairResult> {
    return evaluateWordPairs(this, file, options);
  }

  /** Writes all vectors. @param options.format default: by the name, see {@link VectorFormat} */
  save(path: string, options: { format?: VectorFormat; dtype?: 'f32' | 'f16' } = {}): Promise<void> {
    return saveVectors(this, this.#handle, path, options);
  }

  /** Lets go of the matrix now instead of when it is collected. */
  dispose(): void {
    if (!this.#disposed) native.vectorsRelease(this.#vectors);
    this.#disposed = true;
  }

  /** For `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  get #handle(): VectorsHandle {
    if (this.#disposed) throw new UsageError('these vectors were disposed of');
    return this.#vectors;
  }

  #place(word: string): number {
    if (typeof word !== 'string') throw new UsageError(`a word must be a string, got ${typeof word}`);
    const place = this.indexOf(word);
    if (place >= 0) return place;
    const lower = word.toLowerCase();
    const mend = lower !== word && this.has(lower) ? `; "${lower}" is` : '';
    throw new UsageError(`"${word}" is not in the vocabulary of ${this.size} words${mend}`);
  }

  #checked(vector: ArrayLike<number>): ArrayLike<number> {
    if (typeof vector === 'object' && vector?.length === this.dim) {
      const odd = Array.prototype.findIndex.call(vector, (x) => !Number.isFinite(x));
      if (odd < 0) return vector;
      throw new UsageError(`a vector must hold finite numbers, got ${describeValue(vector[odd])} as component ${odd}`);
    }
    throw new UsageError(`a vector must have ${this.dim} components, got ${vector?.length}`);
  }

  #rowsOf(restrictVocab: number | undefined): number {
    return restrictVocab === undefined ? this.size : Math.min(count('restrictVocab', restrictVocab), this.size);
  }

  #query(call: string, options: MostSimilarOptions) {
    checkOptions(call, options, ['positive', 'negative', 'topn', 'restrictVocab']);
    const items = [...this.#items(options.positive ?? [], 1), ...this.#items(options.negative ?? [], -1)];
    if (items.length === 0) throw new UsageError(`${call} needs a word or vector in positive or negative`);
    return { items, topn: count('topn', options.topn ?? 10), rows: this.#rowsOf(options.restrictVocab) };
  }

  #items(
    given: QueryItem | readonly QueryItem[],
    sign: number,
  ): { vector: ArrayLike<number>; weight: number; place: number }[] {
    const single = typeof given === 'string' || ArrayBuffer.isView(given) || typeof Object(given)[0] === 'number';
    if (!single && !Array.isArray(given))
      throw new UsageError(`positive and negative take words, vectors or lists of them, got ${describeValue(given)}`);
    return (single ? [given as QueryItem] : (given as readonly QueryItem[])).map((item) => {
      if (typeof item !== 'string' && typeof Object(item).length !== 'number')
        throw new UsageError(`positive and negative take words and vectors, got ${describeValue(item)}`);
      const weighted = typeof item !== 'string' && !ArrayBuffer.isView(item) && typeof item[0] !== 'number';
      const [key, weight] = weighted
        ? (item as readonly [string | ArrayLike<number>, number])
        : [item as string | ArrayLike<number>, 1];
      if (typeof weight !== 'number' || !Number.isFinite(weight))
        throw new UsageError(`a weight must be a number, got ${weight}`);
      if (typeof key !== 'string') return { vector: this.#checked(key), weight: sign * weight, place: -1 };
      return { vector: this.vector(key), weight: sign * weight, place: this.indexOf(key) };
    });
  }

  #named(found: NativeNeighbours, begin: number, left: ReadonlySet<number>, topn: number): [string, number][] {
    const named: [string, number][] = [];
    for (let i = begin; i < found.places.length && named.length < topn; i++) {
      const place = found.places[i]!;
      if (!left.has(place)) named.push([this.words(place, place + 1)[0]!, found.scores[i]!]);
    }
    return named;
  }
}

function isWords(words: unknown): words is readonly string[] {
  return Array.isArray(words) && words.every((word) => typeof word === 'string');
}

function checkWords(call: string, ...lists: unknown[]): void {
  const odd = lists.findIndex((list) => !isWords(list));
  if (odd >= 0) throw new UsageError(`${call} takes lists of words, got ${describeValue(lists[odd])}`);
}

function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`${name} must be a whole number from 1, got ${value}`);
}

/** The places of the `n` largest, best first. */
function bestOf(scores: Float64Array, n: number): number[] {
  const threshold = scores.toSorted()[scores.length - n]!;
  const order = [...scores.keys()].filter((r) => scores[r]! >= threshold);
  return order.sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, n);
}
