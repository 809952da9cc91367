import { describe, expect, it } from 'vitest';
import { bagOfWords } from '../../src/ops/index.js';
import { Tensor } from '../../src/tensor/tensor.js';
import { Random } from '../reference/random.js';

const ints = (...values: number[]) => Tensor.from(Int32Array.from(values));
const floats = (...values: number[]) => Tensor.from(Float32Array.from(values));

// Weights of few bits: their sums are exact.
describe('bagOfWords', () => {
  it.each([1, 2, 17, 1000])('counts %i words', (words) => {
    const random = new Random(words);
    const ids = random.integers(200, words);
    const weights = Float32Array.from(random.integers(words, 64), (x) => x / 8);
    const offsets = [0, 0, 3, 90, 90, 199, 200];
    for (const cumulative of [true, false]) {
      const y = bagOfWords(Tensor.from(ids), Tensor.from(weights), ints(...offsets), { cumulative });
      expect(y.shape).toEqual([6, words]);
      const expected = offsets.slice(1).flatMap((end, s) => {
        const inside = [...ids.subarray(offsets[s], end)];
        return Array.from(weights, (weight, word) => {
          const times = inside.filter((id) => id === word).length;
          return weight * (cumulative ? times : Math.min(times, 1));
        });
      });
      expect([...y.toFloat32Array()]).toEqual(expected);
    }
  });

  it('refuses ids outside the vocabulary, offsets that do not fit, and other operands', () => {
    expect(() => bagOfWords(ints(0, 3), floats(1, 2, 3), ints(0, 2))).toThrow(
      /id 3 at position 1 is outside the 3 words/,
    );
    expect(() => bagOfWords(ints(-1), floats(1), ints(0, 1))).toThrow(/id -1 at position 0/);
    expect(() => bagOfWords(ints(0), floats(1), ints(0, 2))).toThrow(/offsets/);
    expect(() => bagOfWords(ints(0), floats(1), ints())).toThrow(/at least one entry/);
    expect(() => bagOfWords(floats(0), floats(1), ints(0, 1))).toThrow(/ids as i32/);
    expect(() => bagOfWords(ints(0), ints(1), ints(0, 1))).toThrow(/weights as f32/);
    expect(() => bagOfWords(ints(0), floats(1), ints(0, 1), { count: 1 } as never)).toThrow(/count/);
  });
});
