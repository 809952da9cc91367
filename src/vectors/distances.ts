/** Distances that need more than one product: Word Mover's Distance, ranks. */
import type { KeyedVectors } from './keyed-vectors.js';
import { transportCost } from './transport.js';
import { unit } from './unit.js';

/** See {@link KeyedVectors.wmdistance}; like gensim, 0 for documents of one and the same word. */
export function wmdistance(vectors: KeyedVectors, a: readonly string[], b: readonly string[], norm: boolean): number {
  const from = frequencies(a.filter((word) => vectors.has(word)));
  const to = frequencies(b.filter((word) => vectors.has(word)));
  if (from.size === 0 || to.size === 0) return Number.POSITIVE_INFINITY;
  const read = (word: string) => (norm ? unit(vectors.vector(word)) : vectors.vector(word));
  const ends = [...to.keys()].map(read);
  const cost = [...from.keys()].map(read).map((x) => Float64Array.from(ends, (y) => euclidean(x, y)));
  return transportCost([...from.values()], [...to.values()], cost);
}

function frequencies(words: readonly string[]): Map<string, number> {
  const share = new Map<string, number>();
  for (const word of words) share.set(word, (share.get(word) ?? 0) + 1 / words.length);
  return share;
}

function euclidean(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}

export function closerThan(vectors: KeyedVectors, a: string, b: string): string[] {
  const distances = vectors.distances(a);
  vectors.vector(b);
  const limit = distances[vectors.indexOf(b)]!;
  const self = vectors.indexOf(a);
  const places = [...distances.keys()].filter((r) => distances[r]! < limit && r !== self);
  return places.map((r) => vectors.words(r, r + 1)[0]!);
}

export function rank(vectors: KeyedVectors, a: string, b: string): number {
  return closerThan(vectors, a, b).length + 1;
}
