/** WordPiece: the longest piece of the vocabulary first (Schuster and Nakajima 2012, as BERT applies it). */
import type { WordPieceJson } from './schema.js';

export class WordPiece {
  /** Pieces that begin a word, and pieces that continue one (without their prefix). */
  private readonly initial: ReadonlyMap<string, number>;
  private readonly continuing = new Map<string, number>();
  /** UTF-16 units of the longest piece: no longer candidate need be tried. */
  private longest = 0;
  private readonly unknown: number;
  private readonly maxCharacters: number;

  /** `ids` is the vocabulary of `json`. */
  constructor(json: WordPieceJson, ids: ReadonlyMap<string, number>) {
    const prefix = json.continuing_subword_prefix;
    this.initial = ids;
    for (const [token, id] of ids) {
      if (token.startsWith(prefix)) this.continuing.set(token.slice(prefix.length), id);
      this.longest = Math.max(this.longest, token.length);
    }
    this.unknown = ids.get(json.unk_token)!;
    this.maxCharacters = json.max_input_chars_per_word;
  }

  /** Appends the ids of one word to `ids`; a word with a part that no piece covers is one unknown. */
  encode(word: string, ids: number[]): void {
    const whole = this.initial.get(word);
    if (whole !== undefined && word.length <= this.maxCharacters) {
      ids.push(whole);
      return;
    }
    if (word.length > this.maxCharacters && characters(word) > this.maxCharacters) {
      ids.push(this.unknown);
      return;
    }
    const mark = ids.length;
    let start = 0;
    while (start < word.length) {
      const pieces = start === 0 ? this.initial : this.continuing;
      let end = Math.min(word.length, start + this.longest);
      let id: number | undefined;
      for (; end > start; end--) {
        id = pieces.get(word.slice(start, end));
        if (id !== undefined) break;
      }
      if (id === undefined) {
        ids.length = mark;
        ids.push(this.unknown);
        return;
      }
      ids.push(id);
      start = end;
    }
  }
}

function characters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
