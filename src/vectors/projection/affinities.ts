/** How near t-SNE holds points to be to each other: the distribution P over their pairs. */
import type { Points } from './points.js';

/** Symmetric and sparse, by rows: row i has the pairs `begin[i]` to before `begin[i + 1]`. All `p` add up to 1. */
export interface Affinities {
  readonly begin: Int32Array;
  readonly other: Int32Array;
  readonly p: Float64Array;
}

// Bisections of a bandwidth end here or where the perplexity is exact to this share.
const mostBisections = 200;
const tolerance = 1e-12;

/**
 * p_ij = (p_j|i + p_i|j) / 2n, where p_j|i is a Gaussian of the squared Euclidean distance around i whose bandwidth gives it
 * `perplexity` (van der Maaten & Hinton 2008, equation 1), among the `neighbours` nearest of i (van der Maaten 2014, section 3).
 */
export async function affinities(
  points: Points,
  perplexity: number,
  neighbours: number,
  pause: () => Promise<void> | undefined,
): Promise<Affinities> {
  const { count } = points;
  const near = new Int32Array(count * neighbours);
  const conditional = new Float64Array(count * neighbours);
  const squares = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    await pause();
    squaredDistances(points, i, squares);
    const row = near.subarray(i * neighbours, (i + 1) * neighbours);
    nearest(squares, i, row);
    gaussian(row, squares, perplexity, conditional.subarray(i * neighbours, (i + 1) * neighbours));
  }
  return symmetric(near, conditional, count, neighbours, pause);
}

function squaredDistances({ values, count, dim }: Points, i: number, squares: Float64Array): void {
  for (let j = 0; j < count; j++) {
    let sum = 0;
    for (let c = 0; c < dim; c++) sum += (values[i * dim + c]! - values[j * dim + c]!) ** 2;
    squares[j] = sum;
  }
}

/** The places of the nearest to i, without i; of equally near ones the first. */
function nearest(squares: Float64Array, i: number, row: Int32Array): void {
  squares[i] = Number.POSITIVE_INFINITY;
  // places of the smallest so far, in rising order
  let filled = 0;
  for (let j = 0; j < squares.length; j++) {
    if (j === i || (filled === row.length && squares[j]! >= squares[row[filled - 1]!]!)) continue;
    let at = Math.min(filled, row.length - 1);
    if (filled < row.length) filled += 1;
    for (; at > 0 && squares[row[at - 1]!]! > squares[j]!; at--) row[at] = row[at - 1]!;
    row[at] = j;
  }
}

/** Fills `p` with the distribution over the places of `row` whose entropy is log `perplexity`. */
function gaussian(row: Int32Array, squares: Float64Array, perplexity: number, p: Float64Array): void {
  // distances from the nearest: the same distribution, and its largest term is 1
  const least = squares[row[0]!]!;
  let mean = 0;
  for (const j of row) mean += (squares[j]! - least) / row.length;
  let [low, high] = [0, Number.POSITIVE_INFINITY];
  let beta = mean > 0 ? 1 / mean : 1;
  for (let step = 0; step < mostBisections; step++) {
    let [sum, weighted] = [0, 0];
    for (const [k, j] of row.entries()) {
      const distance = squares[j]! - least;
      p[k] = Math.exp(-beta * distance);
      sum += p[k]!;
      weighted += distance * p[k]!;
    }
    for (let k = 0; k < p.length; k++) p[k]! /= sum;
    const over = Math.log(sum) + (beta * weighted) / sum - Math.log(perplexity);
    if (Math.abs(over) <= tolerance) return;
    if (over > 0) low = beta;
    else high = beta;
    beta = high === Number.POSITIVE_INFINITY ? beta * 2 : (low + high) / 2;
    if (!(beta > 0 && beta < Number.MAX_VALUE)) return;
  }
}

/** Row i has the pairs (i, j) that are near to i or have i near to them. */
async function symmetric(
  near: Int32Array,
  conditional: Float64Array,
  count: number,
  neighbours: number,
  pause: () => Promise<void> | undefined,
): Promise<Affinities> {
  const backward = transposed(near, count);
  const begin = new Int32Array(count + 1);
  const other = new Int32Array(2 * near.length);
  const p = new Float64Array(2 * near.length);
  const at = new Int32Array(count).fill(-1);
  let [first, end] = [0, 0];
  const add = (j: number, pair: number) => {
    if (at[j]! < first) {
      at[j] = end;
      other[end++] = j;
    }
    p[at[j]!]! += conditional[pair]! / (2 * count);
  };
  for (let i = 0; i < count; i++) {
    await pause();
    begin[i] = first = end;
    for (let k = i * neighbours; k < (i + 1) * neighbours; k++) add(near[k]!, k);
    for (let k = backward.begin[i]!; k < backward.begin[i + 1]!; k++) {
      add(Math.floor(backward.pair[k]! / neighbours), backward.pair[k]!);
    }
  }
  begin[count] = end;
  return { begin, other: other.slice(0, end), p: p.slice(0, end) };
}

/** For each point the pairs in `near` that lead to it. */
function transposed(near: Int32Array, count: number): { begin: Int32Array; pair: Int32Array } {
  const begin = new Int32Array(count + 1);
  for (const j of near) begin[j + 1]! += 1;
  for (let i = 0; i < count; i++) begin[i + 1]! += begin[i]!;
  const end = begin.slice();
  const pair = new Int32Array(near.length);
  for (const [k, j] of near.entries()) pair[end[j]!++] = k;
  return { begin, pair };
}
