/**
 * Tokens and their ids, both ways. Tens of thousands of tokens have to be in place before the first text can be encoded,
 * so there is no string, map entry or object for each: tokens are ranges of one string, found through a table of hashes.
 */

/** Start of {@link extendHash}. */
export const emptyHash = 0x811c9dc5 | 0;

/** Hash of a text that is one UTF-16 unit longer than the one `hash` belongs to (FNV-1a). */
export function extendHash(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01000193);
}

export function hashOf(text: string): number {
  let hash = emptyHash;
  for (let i = 0; i < text.length; i++) hash = extendHash(hash, text.charCodeAt(i));
  return hash;
}

/** The tokens as ranges of `text`, with the id and the hash of each. Arrays may be longer than `count`. */
export interface TokenRanges {
  readonly text: string;
  readonly count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly ids: Int32Array;
  readonly hashes: Int32Array;
}

/** Where two tokens have one id, or one token stands twice: the later one. */
export class Repeated {
  readonly token: string;
  readonly id: number;
  /** The token that has the id already, if that is what is repeated. */
  readonly owner: string | undefined;

  constructor(token: string, id: number, owner: string | undefined) {
    this.token = token;
    this.id = id;
    this.owner = owner;
  }
}

/** A tokenizer's tokens: the model's own, and those added to them. */
export class Vocabulary {
  readonly #ranges: TokenRanges;
  /** Place of a token in the ranges plus 1, at its hash or after it; 0: free. A power of two long. */
  readonly #slots: Int32Array;
  /** Place in the ranges plus 1, by id. */
  readonly #places: Int32Array;
  readonly #added = new Map<string, number>();
  readonly #addedById = new Map<number, string>();
  /** UTF-16 units of the longest of the model's own tokens. */
  readonly longest: number;

  private constructor(ranges: TokenRanges, slots: Int32Array, places: Int32Array, longest: number) {
    this.#ranges = ranges;
    this.#slots = slots;
    this.#places = places;
    this.longest = longest;
  }

  /** Ids must be 0 or above. Of what is repeated, the first case. */
  static of(ranges: TokenRanges): Vocabulary | Repeated {
    const { text, count, starts, ends, ids, hashes } = ranges;
    let largest = -1;
    for (let i = 0; i < count; i++) if (ids[i]! > largest) largest = ids[i]!;
    const places = new Int32Array(largest + 1);
    const slots = new Int32Array(2 ** Math.ceil(Math.log2(Math.max(count, 1) * 2)));
    const mask = slots.length - 1;
    let longest = 0;
    for (let i = 0; i < count; i++) {
      const start = starts[i]!;
      const length = ends[i]! - start;
      const id = ids[i]!;
      const owner = places[id]!;
      if (owner !== 0) {
        return new Repeated(text.slice(start, ends[i]), id, text.slice(starts[owner - 1], ends[owner - 1]));
      }
      places[id] = i + 1;
      if (length > longest) longest = length;
      let slot = spread(hashes[i]!) & mask;
      for (let other = slots[slot]!; other !== 0; other = slots[slot]!) {
        const at = starts[other - 1]!;
        if (
          hashes[other - 1] === hashes[i] &&
          ends[other - 1]! - at === length &&
          same(text, at, text, start, length)
        ) {
          return new Repeated(text.slice(start, ends[i]), id, undefined);
        }
        slot = (slot + 1) & mask;
      }
      slots[slot] = i + 1;
    }
    return new Vocabulary(ranges, slots, places, longest);
  }

  /** Tokens one after another, with their ids. */
  static ofTokens(tokens: readonly string[], ids: (index: number) => number): Vocabulary | Repeated {
    const count = tokens.length;
    const starts = new Int32Array(count);
    const ends = new Int32Array(count);
    let end = 0;
    for (const [i, token] of tokens.entries()) {
      starts[i] = end;
      ends[i] = end += token.length;
    }
    const hashes = Int32Array.from(tokens, hashOf);
    return Vocabulary.of({ text: tokens.join(''), count, starts, ends, ids: starts.map((_, i) => ids(i)), hashes });
  }

  /** Tokens that have an id, added ones included. */
  get size(): number {
    return this.#ranges.count + this.#added.size;
  }

  /** Id of a token, added or the model's own. */
  id(token: string): number | undefined {
    return this.ownId(token) ?? this.#added.get(token);
  }

  /** Id of one of the model's own tokens. */
  ownId(token: string): number | undefined {
    const id = this.find(hashOf(token), '', token, 0, token.length);
    return id < 0 ? undefined : id;
  }

  /** Token of an id; an added token hides the model's own. */
  token(id: number): string | undefined {
    const place = this.#places[id];
    const added = this.#addedById.get(id);
    if (added !== undefined || !place) return added;
    const { text, starts, ends } = this.#ranges;
    return text.slice(starts[place - 1], ends[place - 1]);
  }

  /** Adds a token. One that exists with this id stays what it is. */
  add(token: string, id: number): void {
    if (this.id(token) === undefined) this.#added.set(token, id);
    this.#addedById.set(id, token);
  }

  /** Id of the own token `prefix` + `text[start, end)`, whose hash is `hash`; -1 for none. */
  find(hash: number, prefix: string, text: string, start: number, end: number): number {
    const { text: all, starts, ends, ids, hashes } = this.#ranges;
    const slots = this.#slots;
    const mask = slots.length - 1;
    const length = prefix.length + end - start;
    for (let slot = spread(hash) & mask; ; slot = (slot + 1) & mask) {
      const place = slots[slot]! - 1;
      if (place < 0) return -1;
      const at = starts[place]!;
      if (hashes[place] !== hash || ends[place]! - at !== length) continue;
      if (same(all, at, prefix, 0, prefix.length) && same(all, at + prefix.length, text, start, end - start)) {
        return ids[place]!;
      }
    }
  }

  /** The model's own tokens with their ids, as a tokenizer.json has them. */
  toObject(): Record<string, number> {
    const { text, count, starts, ends, ids } = this.#ranges;
    return Object.fromEntries(
      Array.from({ length: count }, (_, i) => [text.slice(starts[i], ends[i]), ids[i]!] as const),
    );
  }
}

/** The low bits of a hash choose the slot; this brings the high ones into them. */
function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

function same(a: string, atA: number, b: string, atB: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a.charCodeAt(atA + i) !== b.charCodeAt(atB + i)) return false;
  return true;
}
