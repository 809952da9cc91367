/**
 * Byte pair encoding (Sennrich et al. 2015, arXiv:1508.07909): the pair of neighbours that was learnt first is merged, over and
 * over. Equal to the reference's, its rules for unknown characters included.
 */
import type { BpeJson } from './schema.js';
import type { Vocabulary } from './vocabulary.js';
import type { WordModel, WordTokens } from './word-model.js';

/** Ids fit into this many values, so that two make one exact number. */
const ids = 2 ** 24;

interface Merge {
  readonly rank: number;
  readonly id: number;
}

export class Bpe implements WordModel {
  readonly #vocabulary: Vocabulary;
  readonly #merges = new Map<number, Merge>();
  readonly #prefix: string;
  readonly #suffix: string;
  readonly #unknown: number | undefined;
  readonly #fuseUnknown: boolean;
  readonly #byteFallback: boolean;
  readonly #ignoreMerges: boolean;

  constructor(model: BpeJson, vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
    this.#prefix = model.continuing_subword_prefix ?? '';
    this.#suffix = model.end_of_word_suffix ?? '';
    this.#unknown = model.unk_token == null ? undefined : vocabulary.ownId(model.unk_token);
    this.#fuseUnknown = model.fuse_unk ?? false;
    this.#byteFallback = model.byte_fallback ?? false;
    this.#ignoreMerges = model.ignore_merges ?? false;
    for (const [rank, merge] of model.merges.entries()) {
      const [left = '', right = ''] = typeof merge === 'string' ? merge.split(' ') : merge;
      const [a, b] = [vocabulary.ownId(left), vocabulary.ownId(right)];
      const id = vocabulary.ownId(left + right.slice(this.#prefix.length));
      if (a !== undefined && b !== undefined && id !== undefined) this.#merges.set(a * ids + b, { rank, id });
    }
  }

  tokenize(word: string): WordTokens {
    if (this.#ignoreMerges) {
      const whole = this.#vocabulary.ownId(word);
      if (whole !== undefined) return { ids: [whole], ends: [word.length] };
    }
    const { ids: symbols, ends } = this.#symbols(word);
    return symbols.length < 2 ? { ids: symbols, ends } : this.#merge(symbols, ends);
  }

  /** The characters of a word as tokens. */
  #symbols(word: string): { ids: number[]; ends: number[] } {
    const symbols: number[] = [];
    const ends: number[] = [];
    let at = 0;
    let afterUnknown = false;
    for (const character of word) {
      const begins = at === 0;
      at += character.length;
      const text = (begins ? '' : this.#prefix) + character + (at === word.length ? this.#suffix : '');
      const id = this.#vocabulary.ownId(text);
      const bytes = id === undefined && this.#byteFallback ? this.#bytes(character) : undefined;
      if (id !== undefined || bytes !== undefined) {
        for (const symbol of bytes ?? [id as number]) {
          symbols.push(symbol);
          ends.push(at);
        }
        afterUnknown = false;
      } else if (this.#unknown !== undefined) {
        if (afterUnknown && this.#fuseUnknown) ends[ends.length - 1] = at;
        else {
          symbols.push(this.#unknown);
          ends.push(at);
        }
        afterUnknown = true;
      }
    }
    return { ids: symbols, ends };
  }

  /** `<0xE2>` and so on; undefined if the vocabulary lacks one of them. */
  #bytes(character: string): number[] | undefined {
    const tokens = [...Buffer.from(character)].map((byte) =>
      this.#vocabulary.ownId(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
    );
    return tokens.every((id) => id !== undefined) ? (tokens as number[]) : undefined;
  }

  /** Lowest rank first, leftmost of equals: a heap of candidate pairs over a list linked by places, O(n log n). */
  #merge(symbols: number[], ends: number[]): WordTokens {
    const count = symbols.length;
    const next = Int32Array.from({ length: count }, (_, i) => (i + 1 < count ? i + 1 : -1));
    const previous = Int32Array.from({ length: count }, (_, i) => i - 1);
    const heap = new Heap();
    const offer = (left: number) => {
      const right = left < 0 ? -1 : (next[left] ?? -1);
      const merge = right < 0 ? undefined : this.#merges.get((symbols[left] ?? 0) * ids + (symbols[right] ?? 0));
      if (merge) heap.push({ rank: merge.rank, left, pair: [symbols[left] ?? 0, symbols[right] ?? 0], id: merge.id });
    };
    for (let i = 0; i + 1 < count; i++) offer(i);
    for (let top = heap.pop(); top; top = heap.pop()) {
      const { left, pair, id } = top;
      const right = next[left] ?? -1;
      // one of the two has been merged since
      if (right < 0 || symbols[left] !== pair[0] || symbols[right] !== pair[1]) continue;
      symbols[left] = id;
      symbols[right] = -1;
      ends[left] = ends[right] ?? 0;
      const after = next[right] ?? -1;
      next[left] = after;
      if (after >= 0) previous[after] = left;
      offer(previous[left] ?? -1);
      offer(left);
    }
    const merged: number[] = [];
    const mergedEnds: number[] = [];
    for (let i = 0; i >= 0; i = next[i] ?? -1) {
      merged.push(symbols[i] ?? 0);
      mergedEnds.push(ends[i] ?? 0);
    }
    return { ids: merged, ends: mergedEnds };
  }
}

interface Candidate {
  readonly rank: number;
  readonly left: number;
  readonly pair: readonly [number, number];
  readonly id: number;
}

const comes = (a: Candidate, b: Candidate) => a.rank < b.rank || (a.rank === b.rank && a.left < b.left);

/** A binary heap, the first candidate on top. */
class Heap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comes(item, items[parent] as Candidate)) break;
      items[at] = items[parent] as Candidate;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Candidate | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && comes(items[child + 1] as Candidate, items[child] as Candidate)) child++;
      if (!comes(items[child] as Candidate, last)) break;
      items[at] = items[child] as Candidate;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
