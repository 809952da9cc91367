/** Texts in groups of like length: each group is one native job. */
import type { TokenSequence } from './packed-batch.js';

export interface Group {
  /** Places of the texts in the caller's list. */
  readonly indices: number[];
  readonly sequences: TokenSequence[];
  /** Threads to compute it with. */
  readonly threads: number;
}

export interface GroupSizes {
  readonly threads: number;
  /** Most tokens for all threads together. */
  readonly together: number;
  /** Most tokens for one thread. */
  readonly alone: number;
}

/** Smaller groups, made so that all threads end together, stream the weights for too few rows. */
const smallestShare = 64;

/**
 * Texts tokenized as their groups are asked for: while groups compute, the next is tokenized. A group has at least one
 * text. What all threads may take at once comes in the given order, and is cut between them. Of more, every thread takes
 * whole groups: longest texts first, so that those of a group are alike, and toward the end smaller ones.
 * @param estimates how many tokens each text may have, whole numbers: what decides before it is tokenized.
 */
export function* groupTexts(
  estimates: readonly number[],
  tokenize: (index: number) => TokenSequence,
  { threads, together, alone }: GroupSizes,
): Generator<Group> {
  let left = 0;
  for (const estimate of estimates) left += estimate;
  const few = left <= together;
  const order = estimates.map((_, index) => index);
  if (!few) order.sort((a, b) => (estimates[b] ?? 0) - (estimates[a] ?? 0) || a - b);
  const limit = () => {
    if (few || threads === 1) return few ? together : alone;
    return Math.min(alone, Math.max(smallestShare, left / (2 * threads)));
  };
  const empty = (): Group => ({ indices: [], sequences: [], threads: few ? threads : 1 });
  let group = empty();
  let [tokens, most] = [0, limit()];
  for (const index of order) {
    const sequence = tokenize(index);
    const { length } = sequence.inputIds;
    if (tokens > 0 && tokens + length > most) {
      yield group;
      group = empty();
      [tokens, most] = [0, limit()];
    }
    group.indices.push(index);
    group.sequences.push(sequence);
    tokens += length;
    left -= estimates[index] ?? 0;
  }
  if (group.indices.length > 0) yield group;
}
