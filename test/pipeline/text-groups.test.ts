/** How texts are put into jobs: every text once, sizes kept, the given order where all fit into one. */
import { describe, expect, it } from 'vitest';
import { type GroupSizes, groupTexts } from '../../src/pipeline/run/text-groups.js';

/** Groups of texts with these lengths, all estimates right. */
function groups(lengths: readonly number[], sizes: GroupSizes, estimates = lengths) {
  const order: number[] = [];
  const tokenize = (index: number) => {
    order.push(index);
    return { inputIds: new Array<number>(lengths[index] ?? 0).fill(1) };
  };
  const all = [...groupTexts(estimates, tokenize, sizes)].map(({ indices, sequences, threads }) => ({
    indices,
    threads,
    tokens: sequences.reduce((sum, { inputIds }) => sum + inputIds.length, 0),
  }));
  expect(order).toEqual(all.flatMap(({ indices }) => indices));
  expect([...order].sort((a, b) => a - b)).toEqual([...lengths.keys()]);
  return all;
}

/** 300 lengths from 4 to 100 in no order. */
const mixed = Array.from({ length: 300 }, (_, i) => 4 + ((i * 37) % 97));
const sizes = { threads: 2, together: 512, alone: 256 };

describe('groupTexts', () => {
  it('nothing gives no group', () => {
    expect(groups([], sizes)).toEqual([]);
  });

  it('what all threads may take at once stays in order, in one group of all threads', () => {
    expect(groups([5, 200, 7, 300], sizes)).toEqual([{ indices: [0, 1, 2, 3], threads: 2, tokens: 512 }]);
  });

  it('more comes longest first, equal lengths in order, in groups of one thread', () => {
    const all = groups(mixed, sizes);
    const order = all.flatMap(({ indices }) => indices);
    const expected = [...mixed.keys()].sort((a, b) => (mixed[b] ?? 0) - (mixed[a] ?? 0) || a - b);
    expect(order).toEqual(expected);
    for (const { threads, tokens } of all) {
      expect(threads).toBe(1);
      expect(tokens).toBeLessThanOrEqual(256);
    }
    expect(all[0]?.tokens).toBeGreaterThan(156);
  });

  it('the last groups are small where threads must end together, and not for one thread', () => {
    expect(groups(mixed, sizes).at(-2)?.tokens).toBeLessThanOrEqual(64);
    expect(groups(mixed, { ...sizes, threads: 1, together: 256 }).at(-2)?.tokens).toBeGreaterThan(200);
  });

  it('a text longer than a group is a group of its own', () => {
    expect(groups([900, 3], { threads: 2, together: 100, alone: 50 }).map(({ indices }) => indices)).toEqual([
      [0],
      [1],
    ]);
  });

  it('wrong estimates change no limit', () => {
    for (const estimates of [mixed.map(() => 1), mixed.map(() => 512)]) {
      for (const { tokens, threads } of groups(mixed, sizes, estimates)) {
        expect(tokens).toBeLessThanOrEqual(threads === 1 ? 256 : 512);
      }
    }
  });
});
