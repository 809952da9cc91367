/** What pushes the points of a t-SNE picture apart, summed over a quadtree (Barnes & Hut 1986; van der Maaten 2014). */

// Points still together in a cell after so many halvings count as one place: they differ by less than rounding.
const deepest = 50;

/**
 * Cells before their parts, so that a walk goes on to the next cell or, past the parts of this one, to `after`.
 * Made for up to `count` points; filled anew by each `build`.
 */
export class Quadtree {
  #cells = 0;
  #x: Float64Array;
  #y: Float64Array;
  #count: Float64Array;
  #square: Float64Array;
  #after: Int32Array;
  readonly #order: Int32Array;
  readonly #sorted: Int32Array;

  constructor(count: number) {
    this.#order = new Int32Array(count);
    this.#sorted = new Int32Array(count);
    const room = 4 * count;
    this.#x = new Float64Array(room);
    this.#y = new Float64Array(room);
    this.#count = new Float64Array(room);
    this.#square = new Float64Array(room);
    this.#after = new Int32Array(room);
  }

  /** Of `points` `[count, 2]`. */
  build(points: Float64Array): void {
    const count = this.#order.length;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < count; i++) {
      this.#order[i] = i;
      left = Math.min(left, points[2 * i]!);
      right = Math.max(right, points[2 * i]!);
      top = Math.min(top, points[2 * i + 1]!);
      bottom = Math.max(bottom, points[2 * i + 1]!);
    }
    this.#cells = 0;
    const half = Math.max(right - left, bottom - top) / 2;
    this.#cell(points, 0, count, (left + right) / 2, (top + bottom) / 2, half, 0);
  }

  /**
   * Writes Σ_j (y_i − y_j) / (1 + |y_i − y_j|²)² to `force` `[2]` and returns Σ_j 1 / (1 + |y_i − y_j|²), both over j ≠ i. Cells whose
   * width is less than `angle` of their distance count as their points' mean; 0: none does.
   */
  repulsion(x: number, y: number, angle: number, force: Float64Array): number {
    let sum = 0;
    let forceX = 0;
    let forceY = 0;
    const bound = angle * angle;
    for (let cell = 0; cell < this.#cells; ) {
      const dx = x - this.#x[cell]!;
      const dy = y - this.#y[cell]!;
      const square = dx * dx + dy * dy;
      const after = this.#after[cell]!;
      if (after === cell + 1 || this.#square[cell]! < bound * square) {
        const near = 1 / (1 + square);
        const weight = this.#count[cell]! * near;
        sum += weight;
        forceX += weight * near * dx;
        forceY += weight * near * dy;
        cell = after;
      } else {
        cell += 1;
      }
    }
    force[0] = forceX;
    force[1] = forceY;
    return sum - 1; // the point itself, which pushes nowhere
  }

  /** The points `order[begin]` to before `order[end]`, which lie in the square around (x, y). */
  #cell(points: Float64Array, begin: number, end: number, x: number, y: number, half: number, depth: number): void {
    const cell = this.#cells++;
    if (cell === this.#x.length) this.#grow();
    let sumX = 0;
    let sumY = 0;
    for (let i = begin; i < end; i++) {
      sumX += points[2 * this.#order[i]!]!;
      sumY += points[2 * this.#order[i]! + 1]!;
    }
    this.#x[cell] = sumX / (end - begin);
    this.#y[cell] = sumY / (end - begin);
    this.#count[cell] = end - begin;
    this.#square[cell] = 4 * half * half;
    if (end - begin > 1 && depth < deepest) {
      const quarter = half / 2;
      let from = begin;
      for (let part = 0; part < 4; part++) {
        const to = part === 3 ? end : this.#gather(points, from, end, x, y, part);
        if (to > from) {
          const centreX = x + (part & 1 ? quarter : -quarter);
          const centreY = y + (part & 2 ? quarter : -quarter);
          this.#cell(points, from, to, centreX, centreY, quarter, depth + 1);
        }
        from = to;
      }
    }
    this.#after[cell] = this.#cells;
  }

  /** Moves the points of a quarter to the front of `order[begin, end)`, all in their order; returns where they end. */
  #gather(points: Float64Array, begin: number, end: number, x: number, y: number, part: number): number {
    let front = begin;
    let others = 0;
    for (let i = begin; i < end; i++) {
      const point = this.#order[i]!;
      const quarter = (points[2 * point]! >= x ? 1 : 0) + (points[2 * point + 1]! >= y ? 2 : 0);
      if (quarter === part) this.#order[front++] = point;
      else this.#sorted[others++] = point;
    }
    this.#order.set(this.#sorted.subarray(0, others), front);
    return front;
  }

  #grow(): void {
    const longer = <T extends Float64Array | Int32Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    const room = 2 * this.#x.length;
    this.#x = longer(this.#x, new Float64Array(room));
    this.#y = longer(this.#y, new Float64Array(room));
    this.#count = longer(this.#count, new Float64Array(room));
    this.#square = longer(this.#square, new Float64Array(room));
    this.#after = longer(this.#after, new Int32Array(room));
  }
}
