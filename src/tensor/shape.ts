/**
 * Shapes. A negative entry is a symbol: a size that is known only when a recorded program runs. Letters as in the papers:
 * N tokens of the batch, S sequences, T tokens of one sequence.
 */

/** N: all tokens of the batch. */
export const TOKENS = -1;
/** S: sequences of the batch. */
export const SEQUENCES = -2;
/** S + 1: sequence offsets. */
export const OFFSETS = -3;
/** P = Σ T²: cells of all attention matrices of one head. */
export const PAIRS = -4;
/** L: the longest T. */
export const LONGEST = -5;

/** Most elements a tensor has: native code's own limit, far beyond any memory. */
export const mostElements = 2 ** 46;

/** Most axes a tensor has. */
export const mostAxes = 6;

const letters = ['N', 'S', 'S+1', 'P', 'L'] as const;
/** How many symbols there are; they are the numbers from minus this to -1. */
export const symbolCount = letters.length;

/** Sizes of the axes, outermost first. */
export type Shape = readonly number[];

/** `[N,384]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.map((dim) => (dim < 0 ? letters[-1 - dim] : dim)).join(',')}]`;
}

/** Number of elements. Only for shapes without symbols. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** True if native code can hold `shape`: with zeros counted as ones, as it counts them. Symbols do not count yet. */
export function isHoldable(shape: Shape): boolean {
  return sizeOf(shape.map((dim) => Math.max(dim, 1))) <= mostElements;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** The last entry; 1 for a scalar. */
export function lastDim(shape: Shape): number {
  return shape[shape.length - 1] ?? 1;
}

/**
 * Sizes of all symbols for one batch, in the order of the constants above.
 * `offsets` is `[S+1]`: where each sequence begins among the N tokens. P stops at {@link mostElements}: most programs do not
 * use it, and in one that does nothing of that size fits into memory.
 */
export function symbolSizes(offsets: Int32Array): readonly number[] {
  let pairs = 0;
  let longest = 0;
  for (let s = 0; s + 1 < offsets.length; s++) {
    const length = (offsets[s + 1] ?? 0) - (offsets[s] ?? 0);
    pairs += length * length;
    longest = Math.max(longest, length);
  }
  const sequences = offsets.length - 1;
  return [offsets[sequences] ?? 0, sequences, offsets.length, Math.min(pairs, mostElements), longest];
}

/** `shape` with every symbol replaced by its size. */
export function resolveShape(shape: Shape, symbols: readonly number[]): number[] {
  return shape.map((dim) => (dim < 0 ? (symbols[-1 - dim] ?? 0) : dim));
}
