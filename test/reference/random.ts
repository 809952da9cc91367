/** Numbers that look random and are the same on every run and machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A number in [0, 1) (xorshift over a Weyl sequence; 32 bits of state). */
  next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }

  /** Normally distributed, mean 0 and variance 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }

  /** `count` normal numbers as f32, times `scale`. */
  normals(count: number, scale = 1): Float32Array {
    return Float32Array.from({ length: count }, () => this.normal() * scale);
  }

  /** `count` whole numbers in [0, below). */
  integers(count: number, below: number): Int32Array {
    return Int32Array.from({ length: count }, () => Math.floor(this.next() * below));
  }
}
