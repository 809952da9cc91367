/** WordPiece: the longest piece of the vocabulary first (Schuster and Nakajima 2012, as BERT applies it). */
import type { WordPieceJson } from './schema.js';
import { emptyHash, extendHash, hashOf, type Vocabulary } from './vocabulary.js';

export class WordPiece {
  private readonly vocabulary: Vocabulary;
  /** What pieces that continue a word begin with, and its hash. */
  private readonly prefix: string;
  private readonly prefixHash: number;
  private readonly unknown: number;
  private readonly maxCharacters: number;
  /** Hashes of the candidates that begin at one place of a word, by their length. */
  private readonly hashes: Int32Array;

  constructor(json: WordPieceJson, vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
    this.prefix = json.continuing_subword_prefix;
    this.prefixHash = hashOf(this.prefix);
    this.unknown = vocabulary.ownId(json.unk_token)!;
    this.maxCharacters = json.max_input_chars_per_word;
    // No longer candidate need be tried than the longest token.
    this.hashes = new Int32Array(vocabulary.longest + 1);
  }

  /** Appends the ids of one word to `ids`; a word with a part that no piece covers is one unknown. */
  encode(word: string, ids: number[]): void {
    if (word.length > this.maxCharacters && characters(word) > this.maxCharacters) {
      ids.push(this.unknown);
      return;
    }
    const mark = ids.length;
    let start = 0;
    while (start < word.length) {
      const length = this.longestPiece(word, start, ids);
      if (length === 0) {
        ids.length = mark;
        ids.push(this.unknown);
        return;
      }
      start += length;
    }
  }

  /** Appends the id of the longest piece at `start`; its length in the word, or 0 if there is none. */
  private longestPiece(word: string, start: number, ids: number[]): number {
    const { hashes, vocabulary } = this;
    const prefix = start === 0 ? '' : this.prefix;
    let hash = start === 0 ? emptyHash : this.prefixHash;
    const most = Math.min(word.length - start, vocabulary.longest);
    for (let i = 0; i < most; i++) hashes[i] = hash = extendHash(hash, word.charCodeAt(start + i));
    for (let length = most; length > 0; length--) {
      const id = vocabulary.find(hashes[length - 1]!, prefix, word, start, start + length);
      if (id >= 0) {
        ids.push(id);
        return length;
      }
    }
    return 0;
  }
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
