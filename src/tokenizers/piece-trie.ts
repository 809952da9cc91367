/**
 * The pieces of a vocabulary by their beginnings: nodes numbered in the order they come, and one hash table of (node, UTF-16
 * unit) → node. Typed arrays, because a quarter of a million pieces as objects take a second and 200 MB.
 */
export class PieceTrie {
  /** Piece that ends at a node, or -1. */
  readonly #ids: Int32Array;
  readonly #keys: Float64Array;
  readonly #nodes: Int32Array;
  readonly #mask: number;

  /** A piece's id is its place; of equal ones the last counts. */
  constructor(pieces: readonly string[]) {
    let units = 1;
    for (const piece of pieces) units += piece.length;
    let capacity = 16;
    while (capacity < 2 * units) capacity *= 2;
    // beginnings are shared: there are far fewer nodes than units
    capacity = Math.max(16, capacity >> (units > 1 << 16 ? 1 : 0));
    this.#keys = new Float64Array(capacity).fill(-1);
    this.#nodes = new Int32Array(capacity);
    this.#mask = capacity - 1;
    this.#ids = new Int32Array(units + 1).fill(-1);
    let count = 1;
    for (const [id, piece] of pieces.entries()) {
      let node = 0;
      for (let i = 0; i < piece.length; i++) {
        const key = node * 65536 + piece.charCodeAt(i);
        const slot = this.#slot(node, piece.charCodeAt(i));
        if (this.#keys[slot] !== key) {
          this.#keys[slot] = key;
          this.#nodes[slot] = count++;
        }
        node = this.#nodes[slot] ?? 0;
      }
      if (node > 0) this.#ids[node] = id;
    }
  }

  /** Calls `found` with the end and the id of every piece that stands at `at`, shortest first. */
  prefixes(text: string, at: number, found: (end: number, id: number) => void): void {
    let node = 0;
    for (let i = at; i < text.length; i++) {
      node = this.#child(node, text.charCodeAt(i));
      if (node < 0) return;
      const id = this.#ids[node] ?? -1;
      if (id >= 0) found(i + 1, id);
    }
  }

  id(piece: string): number | undefined {
    let node = 0;
    for (let i = 0; i < piece.length && node >= 0; i++) node = this.#child(node, piece.charCodeAt(i));
    const id = node > 0 ? (this.#ids[node] ?? -1) : -1;
    return id < 0 ? undefined : id;
  }

  #child(node: number, unit: number): number {
    const slot = this.#slot(node, unit);
    return this.#keys[slot] === node * 65536 + unit ? (this.#nodes[slot] ?? -1) : -1;
  }

  /** The slot of a key, or the empty one where it would go. */
  #slot(node: number, unit: number): number {
    const key = node * 65536 + unit;
    let slot = (Math.imul(node, 0x9e3779b1) ^ Math.imul(unit + 1, 0x85ebca6b)) & this.#mask;
    while (this.#keys[slot] !== key && this.#keys[slot] !== -1) slot = (slot + 1) & this.#mask;
    return slot;
  }
}
