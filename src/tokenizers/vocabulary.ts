/**
 * Tokens and their ids, both ways. Tens of thousands of tokens have to be in place before the first text can be encoded,
 * so there is no string, map entry or object for each: native code writes all of them into a few arrays.
 */
import { type NativeVocabulary, native } from '../native.js';

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

/** A tokenizer's tokens: the model's own, and those added to them. */
export class Vocabulary {
  readonly #tables: NativeVocabulary;
  readonly #added = new Map<string, number>();
  readonly #addedById = new Map<number, string>();

  constructor(tables: NativeVocabulary) {
    this.#tables = tables;
  }

  /** Ids are whole numbers from 0. A number: the place of the first token that stands twice or has an earlier one's id. */
  static of(tokens: readonly string[], ids: ArrayLike<number>): Vocabulary | number {
    const bounds = new Int32Array(tokens.length + 1);
    for (const [i, token] of tokens.entries()) bounds[i + 1] = bounds[i]! + token.length;
    const units = new Uint16Array(bounds[tokens.length]!);
    Buffer.from(units.buffer).write(tokens.join(''), 'utf16le');
    const tables = native.indexVocabulary(units, bounds, Int32Array.from(ids));
    return typeof tables === 'number' ? tables : new Vocabulary(tables);
  }

  /** Tokens that have an id, added ones included. */
  get size(): number {
    return this.#tables.ids.length + this.#added.size;
  }

  /** UTF-16 units of the longest of the model's own tokens. */
  get longest(): number {
    return this.#tables.longest;
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
    const place = this.#tables.places[id];
    const added = this.#addedById.get(id);
    return added !== undefined || !place ? added : this.#text(place - 1);
  }

  /** Adds a token. One that exists with this id stays what it is. */
  add(token: string, id: number): void {
    if (this.id(token) === undefined) this.#added.set(token, id);
    this.#addedById.set(id, token);
  }

  /** Id of the own token `prefix` + `text[start, end)`, whose hash is `hash`; -1 for none. */
  find(hash: number, prefix: string, text: string, start: number, end: number): number {
    const { units, bounds, ids, hashes, slots } = this.#tables;
    const mask = slots.length - 1;
    const length = prefix.length + end - start;
    for (let slot = (hash ^ (hash >>> 15)) & mask; ; slot = (slot + 1) & mask) {
      const place = slots[slot]! - 1;
      if (place < 0) return -1;
      const at = bounds[place]!;
      if (hashes[place] !== hash || bounds[place + 1]! - at !== length) continue;
      if (same(units, at, prefix, 0, prefix.length) && same(units, at + prefix.length, text, start, end)) {
        return ids[place]!;
      }
    }
  }

  /** @internal The model's own tokens, as they lie in memory. */
  get tables(): NativeVocabulary {
    return this.#tables;
  }

  /** The model's own tokens with their ids, as a tokenizer.json has them. */
  toObject(): Record<string, number> {
    return Object.fromEntries(Array.from(this.#tables.ids, (id, place) => [this.#text(place), id] as const));
  }

  #text(place: number): string {
    const { units, bounds } = this.#tables;
    const [begin = 0, end = 0] = bounds.subarray(place, place + 2);
    return Buffer.from(units.buffer, units.byteOffset + begin * 2, (end - begin) * 2).toString('utf16le');
  }
}

function same(units: Uint16Array, at: number, text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (units[at + i - start] !== text.charCodeAt(i)) return false;
  return true;
}

/** A tokenizer.json with its vocabulary taken out, which need then not be parsed into objects. */
export interface ScannedTokenizer {
  readonly json: unknown;
  readonly vocabulary: Vocabulary;
  /** Of a Unigram's pieces, by id. */
  readonly scores?: Float64Array;
}

/**
 * Undefined for whatever is not plainly a WordPiece or Unigram tokenizer without fault: that is for the reader that knows every
 * kind and names every mistake.
 */
export function scanTokenizer(bytes: Buffer): ScannedTokenizer | undefined {
  if (bytes.includes('"WordPiece"')) return scanned(bytes, 'WordPiece', native.scanVocabulary(bytes));
  const found = bytes.includes('"Unigram"') ? native.scanPieces(bytes) : undefined;
  const tokenizer = scanned(bytes, 'Unigram', found);
  return tokenizer && found && { ...tokenizer, scores: found.scores };
}

function scanned(
  bytes: Buffer,
  type: string,
  found: (NativeVocabulary & { begin: number; end: number }) | undefined,
): ScannedTokenizer | undefined {
  if (found === undefined) return undefined;
  // It must be what a parser would find there: a mark in its place tells.
  const mark = 'the vocabulary';
  const text = `${bytes.toString('utf8', 0, found.begin)}"${mark}"${bytes.toString('utf8', found.end)}`;
  let json: { model?: { vocab?: unknown; type?: unknown } } | null;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (json?.model?.vocab !== mark || json.model.type !== type) return undefined;
  return { json, vocabulary: new Vocabulary(found) };
}
