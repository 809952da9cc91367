/** Phrases: words that come together more often than chance, joined into one (Mikolov et al. 2013, arXiv:1310.4546). */
import { readFile } from 'node:fs/promises';
import { UsageError, WeightsError } from '../errors.js';
import { checkOptions, checkPath, describeValue } from '../options.js';
import { replaceFile } from '../weights/replace-file.js';
import { batches, type Corpus, checkCorpus, separator } from './corpus.js';
import { checks } from './option-checks.js';

/** How {@link Phrases.train} finds phrases; names are gensim's. */
export interface PhrasesOptions {
  /** Words and pairs that come less often make no phrase. Default: 5. */
  minCount?: number | undefined;
  /** A pair with a higher score is a phrase. Default: 10. */
  threshold?: number | undefined;
  /**
   * `default`: (n(a b) - minCount) / (n(a) · n(b)) · different words and pairs, Mikolov's. `npmi`: normalized pointwise mutual
   * information, from -1 to 1 (Bouma 2009). Default: `default`.
   */
  scoring?: 'default' | 'npmi' | undefined;
  /** Stands between the words of a phrase. Default: `_`. */
  delimiter?: string | undefined;
  /** Words that may stand inside a phrase and neither begin nor end it: `of`, `the`. Default: none. */
  connectorWords?: Iterable<string> | undefined;
  /** Bounds memory: above so many different words and pairs the rarest are forgotten. Default: 16,000,000, the most a Map holds. */
  maxVocabSize?: number | undefined;
  /** Ends it, with nothing to keep. */
  signal?: AbortSignal | undefined;
}

const mostCounted = 16_000_000;
const call = 'Phrases.train';
const kind = 'vectral.phrases';

/** The phrases of a corpus, with their scores: gensim's FrozenPhrases. */
export class Phrases {
  readonly delimiter: string;
  readonly #scores: ReadonlyMap<string, number>;
  readonly #connectors: ReadonlySet<string>;

  private constructor(scores: ReadonlyMap<string, number>, connectors: ReadonlySet<string>, delimiter: string) {
    this.#scores = scores;
    this.#connectors = connectors;
    this.delimiter = delimiter;
  }

  /**
   * Counts words and pairs of a corpus, which is read once. Of a corpus that {@link Phrases.apply} gave, the phrases are of up to
   * four words, and so on.
   * @throws UsageError for options that make no sense, and what is no corpus.
   */
  static async train(corpus: Corpus, options: PhrasesOptions = {}): Promise<Phrases> {
    checkCorpus(call, corpus);
    const { minCount, threshold, scoring, delimiter, connectors, maxVocabSize } = readOptions(options);
    const counts = new Map<string, number>();
    const add = (token: string) => counts.set(token, (counts.get(token) ?? 0) + 1);
    let [words, dropped] = [0, 0];
    for await (const sentence of sentencesOf(corpus)) {
      options.signal?.throwIfAborted();
      let candidate: string | undefined; // a word and the connector words after it
      for (const word of sentence) {
        if (!connectors.has(word)) {
          add(word);
          if (candidate !== undefined) add(candidate + delimiter + word);
          candidate = word;
        } else if (candidate !== undefined) {
          candidate += delimiter + word;
        }
      }
      words += sentence.length;
      if (counts.size <= maxVocabSize) continue;
      dropped++;
      for (const [token, count] of counts) if (count <= dropped) counts.delete(token);
    }
    const score = scoring === 'npmi' ? npmi : mikolov;
    const scores = new Map<string, number>();
    for (const [token, count] of counts) {
      const parts = token.split(delimiter);
      if (parts.length < 2) continue;
      const [a, b] = [counts.get(parts[0]!) ?? 0, counts.get(parts.at(-1)!) ?? 0];
      const value = a > 0 && b > 0 ? score(a, b, count, { different: counts.size, words, minCount }) : -Infinity;
      if (value > threshold) scores.set(token, value);
    }
    return new Phrases(scores, connectors, delimiter);
  }

  /** The words of a sentence, phrases joined: from left to right, none in another. */
  transform(sentence: string | readonly string[]): string[] {
    const words = typeof sentence === 'string' ? wordsOf(sentence) : sentence;
    if (!Array.isArray(words))
      throw new UsageError(`Phrases.transform takes a text or a list of words, got ${describeValue(words)}`);
    const found: string[] = [];
    let open: string[] = []; // a word that may begin a phrase, and connector words
    for (const word of words) {
      if (this.#connectors.has(word)) {
        (open.length > 0 ? open : found).push(word);
        continue;
      }
      const phrase = [...open, word].join(this.delimiter);
      if (open.length > 0 && this.#scores.has(phrase)) {
        found.push(phrase);
        open = [];
      } else {
        found.push(...open);
        open = [word];
      }
    }
    found.push(...open);
    return found;
  }

  /** A corpus with its phrases joined, worked out each time it is read. */
  apply(corpus: Corpus): AsyncIterable<readonly string[]> {
    checkCorpus('Phrases.apply', corpus);
    const transform = (sentence: readonly string[]) => this.transform(sentence);
    return {
      async *[Symbol.asyncIterator]() {
        for await (const sentence of sentencesOf(corpus)) yield transform(sentence);
      },
    };
  }

  /** Every phrase with its score. */
  exportPhrases(): Map<string, number> {
    return new Map(this.#scores);
  }

  /** Writes them as JSON. */
  async save(path: string): Promise<void> {
    checkPath('Phrases.save', path);
    const { delimiter } = this;
    const phrases = Object.fromEntries(this.#scores);
    const json = { kind, version: 1, delimiter, connectorWords: [...this.#connectors], phrases };
    try {
      await replaceFile(path, (file) => file.writeFile(`${JSON.stringify(json, null, 1)}\n`));
    } catch (cause) {
      throw new WeightsError(`${path}: cannot be written (${cause instanceof Error ? cause.message : cause})`, {
        cause,
      });
    }
  }

  /** What {@link Phrases.save} wrote. @throws WeightsError naming file and field, where it is not. */
  static async load(path: string): Promise<Phrases> {
    checkPath('Phrases.load', path);
    let json: Record<string, unknown>;
    try {
      json = Object(JSON.parse(await readFile(path, 'utf8')));
    } catch (cause) {
      throw new WeightsError(`${path}: cannot be read (${cause instanceof Error ? cause.message : cause})`, { cause });
    }
    const wrong = (field: string, must: string) => new WeightsError(`${path}: "${field}" must be ${must}`);
    if (json.kind !== kind) throw wrong('kind', `"${kind}"; is it a file that Phrases.save wrote?`);
    if (json.version !== 1) throw wrong('version', '1, the only one this release reads');
    const { delimiter, connectorWords, phrases } = json;
    if (typeof delimiter !== 'string' || delimiter === '') throw wrong('delimiter', 'a text that is not empty');
    if (!Array.isArray(connectorWords) || !connectorWords.every((word) => typeof word === 'string'))
      throw wrong('connectorWords', 'a list of words');
    const scores = Object.entries(Object(phrases));
    if (
      typeof phrases !== 'object' ||
      phrases === null ||
      Array.isArray(phrases) ||
      scores.some(([, score]) => typeof score !== 'number')
    )
      throw wrong('phrases', 'numbers by their phrases');
    return new Phrases(new Map(scores as [string, number][]), new Set(connectorWords), delimiter);
  }
}

interface Totals {
  readonly different: number;
  readonly words: number;
  readonly minCount: number;
}

function mikolov(a: number, b: number, both: number, { different, minCount }: Totals): number {
  return ((both - minCount) / (a * b)) * different;
}

function npmi(a: number, b: number, both: number, { words, minCount }: Totals): number {
  if (both < minCount) return -Infinity;
  const share = both / words;
  return Math.log(share / ((a / words) * (b / words))) / -Math.log(share);
}

function wordsOf(line: string): string[] {
  return line.split(separator).filter((word) => word !== '');
}

/** Texts are UTF-8, and a mark of byte order is a letter, as for those who train. */
async function* sentencesOf(corpus: Corpus): AsyncGenerator<string[]> {
  for await (const batch of batches(corpus)) {
    for (const line of textOf(batch).split('\n')) {
      if (line !== '') yield wordsOf(line);
    }
  }
}

function textOf(batch: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(batch);
  } catch {
    throw new WeightsError('Phrases: the corpus is not valid UTF-8; convert the text to UTF-8');
  }
}

function readOptions(options: PhrasesOptions) {
  const names = ['minCount', 'threshold', 'scoring', 'delimiter', 'connectorWords', 'maxVocabSize', 'signal'] as const;
  checkOptions(call, options, names);
  const { minCount = 5, scoring = 'default', threshold = 10, delimiter = '_', connectorWords = [] } = options;
  const { maxVocabSize = mostCounted } = options;
  const { refuse } = checks(call);
  if (!(Number.isSafeInteger(minCount) && minCount > 0))
    refuse(`minCount must be a whole number from 1, got ${minCount}`);
  if (scoring !== 'default' && scoring !== 'npmi') refuse(`scoring must be default or npmi, got ${scoring}`);
  const least = scoring === 'npmi' ? -1 : 0;
  if (!(threshold >= least && threshold < Infinity) || (scoring === 'npmi' && threshold > 1))
    refuse(`threshold must be a number from ${least}${scoring === 'npmi' ? ' to 1' : ''}, got ${threshold}`);
  if (delimiter === '' || /\s/.test(delimiter)) refuse('delimiter must be a text without spaces that is not empty');
  if (maxVocabSize > mostCounted) refuse(`maxVocabSize must be at most ${mostCounted}, got ${maxVocabSize}`);
  if (typeof connectorWords === 'string' || typeof Object(connectorWords)[Symbol.iterator] !== 'function')
    refuse(`connectorWords must be a list of words, got ${describeValue(connectorWords)}`);
  return { minCount, scoring, threshold, delimiter, maxVocabSize, connectors: new Set(connectorWords) };
}
