/** Texts in groups of like length: each group is one native job. */
import type { TokenSequence } from './packed-batch.js';

export interface Group {
  /** Places of the texts in the caller's list. */
  readonly indices: number[];
  readonly sequences: TokenSequence[];
}

/**
 * Texts longest first (by characters, so that nothing is tokenized before its turn), tokenized as the groups are asked for:
 * while one group computes, the next is tokenized. A group holds at most `batchTokens` tokens, but at least one text.
 */
export function* groupTexts(
  lengths: readonly number[],
  tokenize: (index: number) => TokenSequence,
  batchTokens: number,
): Generator<Group> {
  const order = lengths.map((_, index) => index).sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0) || a - b);
  let group: Group = { indices: [], sequences: [] };
  let tokens = 0;
  for (const index of order) {
    const sequence = tokenize(index);
    if (tokens > 0 && tokens + sequence.inputIds.length > batchTokens) {
      yield group;
      group = { indices: [], sequences: [] };
      tokens = 0;
    }
    group.indices.push(index);
    group.sequences.push(sequence);
    tokens += sequence.inputIds.length;
  }
  if (group.indices.length > 0) yield group;
}
