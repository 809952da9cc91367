import type { Vocabulary } from './vocabulary.js';

/**
 * The pieces of a vocabulary by their beginnings: one hash table of (beginning, UTF-16 unit) → longer beginning, where a
 * beginning is named by its place in the table. Typed arrays, because a quarter of a million pieces as objects take a second
 * and 200 MB.
 */
export class PieceTrie {
  /** The beginning times 2^16, and the unit that makes it longer; -1: an empty place. */
  readonly #keys: Float64Array;
  /** Piece that ends at a place, or -1. */
  readonly #ids: Int32Array;
  readonly #mask: number;

  constructor(vocabulary: Vocabulary) {
    const { units, bounds, ids } = vocabulary.tables;
    let capacity = 16;
    while (capacity < 2 * (units.length + 1)) capacity *= 2;
    // beginnings are shared: there are far fewer of them than units
    if (units.length > 1 << 16) capacity /= 2;
    this.#mask = capacity - 1;
    this.#keys = new Float64Array(capacity).fill(-1);
    this.#ids = new Int32Array(capacity).fill(-1);
    for (let i = 0; i < ids.length; i++) {
      const end = bounds[i + 1] ?? 0;
      let place = this.#root;
      for (let at = bounds[i] ?? 0; at < end; at++) {
        const unit = units[at] ?? 0;
        const key = place * 65536 + unit;
        place = this.#place(place, unit);
        this.#keys[place] = key;
      }
      if (place !== this.#root) this.#ids[place] = ids[i] ?? -1;
    }
  }

  /** Calls `found` with the end and the id of every piece that stands at `at`, shortest first. */
  prefixes(text: string, at: number, found: (end: number, id: number) => void): void {
    let place = this.#root;
    for (let i = at; i < text.length; i++) {
      place = this.#longer(place, text.charCodeAt(i));
      if (place < 0) return;
      const id = this.#ids[place] ?? -1;
      if (id >= 0) found(i + 1, id);
    }
  }

  id(piece: string): number | undefined {
    let place = this.#root;
    for (let i = 0; i < piece.length && place >= 0; i++) place = this.#longer(place, piece.charCodeAt(i));
    const id = place < 0 || place === this.#root ? -1 : (this.#ids[place] ?? -1);
    return id < 0 ? undefined : id;
  }

  /** No place of the table. */
  get #root(): number {
    return this.#mask + 1;
  }

  #longer(place: number, unit: number): number {
    const next = this.#place(place, unit);
    return this.#keys[next] === -1 ? -1 : next;
  }

  /** The place of a beginning made longer, or the empty one where it would go. */
  #place(place: number, unit: number): number {
    const key = place * 65536 + unit;
    let slot = (Math.imul(place, 0x9e3779b1) ^ Math.imul(unit + 1, 0x85ebca6b)) & this.#mask;
    while (this.#keys[slot] !== key && this.#keys[slot] !== -1) slot = (slot + 1) & this.#mask;
    return slot;
  }
}
