import type { Range } from './overflow.js';

/** Tokens of one text of an encoding, all of them, with their places. */
export interface Aligned {
  readonly tokens: readonly string[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly words: readonly number[];
}

/** What an encoding is of: which part of each text, and how special tokens stand around them. */
interface Parts {
  readonly first: Range;
  readonly second: Range | undefined;
  /** The places of all texts' tokens, computed when first asked for. */
  readonly align: () => { readonly first: Aligned; readonly second: Aligned | undefined };
  readonly token: (id: number) => string;
  readonly overflowing: () => readonly Encoding[];
  /** For each token its number in its text, counted on over both texts; -1: special. */
  readonly layout: Int32Array;
}

/** What {@link Tokenizer.encode} gives. Lists have an entry for each token. */
export class Encoding {
  /** Token ids. */
  readonly ids: Int32Array;
  /** Segment ids: which text of a pair a token belongs to, as the model's template says. */
  readonly typeIds: Int32Array;
  /** 1 where the template put a special token. */
  readonly specialTokensMask: Uint8Array;
  /** How many ids were cut off. */
  readonly truncated: number;
  readonly #parts: Parts;

  /** @internal */
  constructor(
    filled: { ids: Int32Array; typeIds: Int32Array; specialTokensMask: Uint8Array },
    truncated: number,
    parts: Parts,
  ) {
    this.ids = filled.ids;
    this.typeIds = filled.typeIds;
    this.specialTokensMask = filled.specialTokensMask;
    this.truncated = truncated;
    this.#parts = parts;
  }

  /** Tokens as the vocabulary writes them; what a Unigram model does not know as it stands in the text. */
  get tokens(): string[] {
    const aligned = this.#parts.align();
    return this.#map(
      (text, i) => (text === 0 ? aligned.first : aligned.second)?.tokens[i] ?? '',
      (at) => this.#parts.token(this.ids[at] ?? 0),
    );
  }

  /**
   * Where each token begins and ends in its own text, in UTF-16 units: `text.slice(start, end)`. [0, 0] for special tokens.
   * @throws UsageError for a tokenizer whose parts are not all written here.
   */
  get offsets(): [start: number, end: number][] {
    const { first, second } = this.#parts.align();
    return this.#map<[number, number]>(
      (text, i) => {
        const aligned = text === 0 ? first : second;
        return [aligned?.starts[i] ?? 0, aligned?.ends[i] ?? 0];
      },
      () => [0, 0],
    );
  }

  /** Which word of its text each token belongs to, as the pre-tokenizer cuts it; null for special tokens. */
  get wordIds(): (number | null)[] {
    const { first, second } = this.#parts.align();
    return this.#map<number | null>(
      (text, i) => (text === 0 ? first : second)?.words[i] ?? null,
      () => null,
    );
  }

  /** Which text of a pair each token came from: 0 or 1; null for special tokens. */
  get sequenceIds(): (0 | 1 | null)[] {
    return this.#map<0 | 1 | null>(
      (text) => text,
      () => null,
    );
  }

  /** The other parts of what was cut, each with its special tokens; they overlap by `stride`. */
  get overflowing(): readonly Encoding[] {
    return this.#parts.overflowing();
  }

  #map<T>(ofText: (text: 0 | 1, token: number) => T, special: (at: number) => T): T[] {
    const { first, second, layout } = this.#parts;
    const count = first.end - first.begin;
    return Array.from(layout, (place, at) => {
      if (place < 0) return special(at);
      return place < count ? ofText(0, first.begin + place) : ofText(1, (second?.begin ?? 0) + place - count);
    });
  }
}
