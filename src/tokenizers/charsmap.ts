/** SentencePiece's precompiled character map: a double array trie of byte strings, and what each becomes. */
import { ConfigError } from '../errors.js';
import type { AlignedText, Change } from './aligned-text.js';

const utf8 = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: false });
/** Longer clusters are never looked up whole. */
const longestCluster = 6;
const plain = /^[\x20-\x7e]*$/;

export class CharsMap {
  readonly #trie: Uint32Array;
  readonly #replacements: Uint8Array;
  readonly #segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  readonly #known = new Map<string, string | undefined>();
  /** Whether printable ASCII is left alone, as in every map seen so far; texts of nothing else then need no look. */
  readonly #plainStays: boolean;

  /** @param encoded base64: the trie's length in bytes, the trie, strings that end with a zero byte. */
  constructor(encoded: string, file: string, field: string) {
    const bytes = Buffer.from(encoded, 'base64');
    const length = bytes.length >= 4 ? bytes.readUInt32LE(0) : 0;
    if (length === 0 || length % 4 !== 0 || 4 + length > bytes.length) {
      throw new ConfigError(file, field, 'is not a precompiled character map');
    }
    this.#trie = Uint32Array.from({ length: length / 4 }, (_, i) => bytes.readUInt32LE(4 + 4 * i));
    this.#replacements = bytes.subarray(4 + length);
    const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    this.#plainStays = printable.every((character) => this.#lookup(character) === undefined);
  }

  /** By grapheme clusters where the map has them, else by characters. */
  apply(input: AlignedText): AlignedText {
    if (this.#plainStays && plain.test(input.text)) return input;
    const changes: [string, number][] = [];
    let changed = false;
    const replace = (old: string, fresh: string) => {
      const characters = [...fresh];
      const more = characters.length - [...old].length;
      for (const [i, character] of characters.entries())
        changes.push([character, i >= characters.length - more ? 1 : 0]);
      const last = changes.at(-1);
      if (more < 0 && last) last[1] += more;
      changed = true;
    };
    for (const { segment } of this.#segmenter.segment(input.text)) {
      const whole = utf8Length(segment) < longestCluster ? this.find(segment) : undefined;
      if (whole !== undefined) {
        replace(segment, whole);
        continue;
      }
      for (const character of segment) {
        const fresh = this.find(character);
        if (fresh === undefined) changes.push([character, 0]);
        else replace(character, fresh);
      }
    }
    return changed ? input.transform(changes as readonly Change[]) : input;
  }

  /** What the shortest entry that `key` begins with becomes; undefined if none does. */
  private find(key: string): string | undefined {
    if (this.#known.has(key)) return this.#known.get(key);
    const found = this.#lookup(key);
    if (this.#known.size < 1 << 16) this.#known.set(key, found);
    return found;
  }

  #lookup(key: string): string | undefined {
    const trie = this.#trie;
    const offset = (unit: number) => (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
    let place = offset(trie[0] ?? 0);
    for (const byte of utf8.encode(key)) {
      if (byte === 0) return undefined;
      place ^= byte;
      const unit = trie[place];
      if (unit === undefined || (unit & 0x800000ff) >>> 0 !== byte) return undefined;
      place ^= offset(unit);
      if (((unit >>> 8) & 1) === 0) continue;
      const begin = (trie[place] ?? 0) & 0x7fffffff;
      const end = this.#replacements.indexOf(0, begin);
      return decoder.decode(this.#replacements.subarray(begin, end < 0 ? undefined : end));
    }
    return undefined;
  }
}

function utf8Length(text: string): number {
  return text.length * 3 < longestCluster ? 0 : Buffer.byteLength(text);
}
