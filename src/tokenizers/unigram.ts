/**
 * The unigram language model (Kudo 2018, arXiv:1804.10959): of all ways to cut a word into pieces the one with the largest sum
 * of scores, found by Viterbi's algorithm. Equal to the reference's, ties and unknown characters included.
 */

import { PieceTrie } from './piece-trie.js';
import type { UnigramJson } from './schema.js';
import type { Vocabulary } from './vocabulary.js';
import type { WordModel, WordTokens } from './word-model.js';

/** How much worse than the worst piece an unknown character is. */
const unknownPenalty = 10;

export class Unigram implements WordModel {
  readonly #trie: PieceTrie;
  readonly #scores: Float64Array;
  readonly #unknown: number | undefined;
  readonly #unknownScore: number;
  readonly #byteFallback: boolean;

  constructor(model: UnigramJson, vocabulary: Vocabulary) {
    this.#trie = new PieceTrie(vocabulary);
    this.#scores = model.scores;
    this.#unknown = model.unk_id ?? undefined;
    this.#unknownScore = this.#scores.reduce((least, score) => Math.min(least, score), Infinity) - unknownPenalty;
    this.#byteFallback = model.byte_fallback ?? false;
  }

  tokenize(word: string): WordTokens {
    const size = word.length;
    const score = new Float64Array(size + 1);
    const begin = new Int32Array(size + 1).fill(-1);
    const piece = new Int32Array(size + 1).fill(-1);
    const offer = (from: number, to: number, id: number, cost: number) => {
      const sum = cost + (score[from] ?? 0);
      if (begin[to] !== -1 && sum <= (score[to] ?? 0)) return;
      score[to] = sum;
      begin[to] = from;
      piece[to] = id;
    };
    for (let at = 0; at < size; ) {
      const character = (word.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      let single = false;
      this.#trie.prefixes(word, at, (end, id) => {
        offer(at, end, id, this.#scores[id] ?? 0);
        if (end === at + character) single = true;
      });
      if (!single) offer(at, at + character, -1, this.#unknownScore);
      at += character;
    }
    return this.#read(word, begin, piece);
  }

  /** The best path from its end; neighbouring unknowns are one token. */
  #read(word: string, begin: Int32Array, piece: Int32Array): WordTokens {
    const spans: { begin: number; end: number; unknown: boolean }[] = [];
    for (let end = word.length; end > 0; end = begin[end] ?? 0) {
      const from = begin[end] ?? 0;
      const unknown = piece[end] === -1 || piece[end] === this.#unknown;
      const last = spans.at(-1);
      if (unknown && last?.unknown) last.begin = from;
      else spans.push({ begin: from, end, unknown });
    }
    const ids: number[] = [];
    const begins: number[] = [];
    const ends: number[] = [];
    const texts = new Map<number, string>();
    for (const { begin: from, end } of spans.reverse()) {
      const text = word.slice(from, end);
      const id = this.#trie.id(text);
      const tokens = id === undefined && this.#byteFallback ? this.#bytes(text) : undefined;
      for (const token of tokens ?? [id ?? this.#unknown]) {
        if (token === undefined) continue;
        if (id === undefined && tokens === undefined) texts.set(ids.length, text);
        ids.push(token);
        begins.push(from);
        ends.push(end);
      }
    }
    return texts.size > 0 ? { ids, begins, ends, texts } : { ids, begins, ends };
  }

  #bytes(text: string): number[] | undefined {
    const tokens = [...Buffer.from(text)].map((byte) =>
      this.#trie.id(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    return tokens.every((id) => id !== undefined) ? (tokens as number[]) : undefined;
  }
}
