/** Texts of exact lengths, against a tokenizer simple enough to count by hand. */
import { describe, expect, it } from 'vitest';
import { passage } from '../../src/measure/passage.js';
import { quantile } from '../../src/measure/statistics.js';
import { logNormalLengths, mixedSentences, textsOfLengths } from '../../src/measure/workload.js';

/** A start, an end, and a token for every begun four letters of a word. */
function tokenize(text: string): number[] {
  const pieces = text.split(' ').flatMap((word) => word.match(/.{1,4}/g) ?? []);
  return [1, ...pieces.map((piece) => piece.length + 2), 2];
}

describe('texts of exact lengths', () => {
  const words = passage.split(/\s+/);

  it('have them, with their ids, the same from the same seed', () => {
    const lengths = [3, 8, 32, 1000];
    const texts = textsOfLengths(tokenize, words, lengths, 7);
    expect(texts.map(({ text }) => tokenize(text).length)).toEqual(lengths);
    expect(texts.map(({ ids }) => ids)).toEqual(texts.map(({ text }) => tokenize(text)));
    expect(textsOfLengths(tokenize, words, lengths, 7)).toEqual(texts);
    expect(textsOfLengths(tokenize, words, lengths, 8)).not.toEqual(texts);
  });

  it('are refused where there can be none', () => {
    expect(() => textsOfLengths(tokenize, words, [1], 7)).toThrow(
      'no text of exactly 1 tokens found (2 of them special)',
    );
  });

  it('spread as the distribution says', () => {
    const lengths = logNormalLengths({ ...mixedSentences, count: 20_000 });
    expect(Math.min(...lengths)).toBe(4);
    expect(Math.max(...lengths)).toBe(128);
    expect(quantile(lengths, 0.5)).toBe(20);
    // exp(0.6 · 0.6745) = 1.4988 times the median at the quartile
    expect(quantile(lengths, 0.75)).toBe(30);
  });
});
