/** The best of many scores: the same as sorting them all, for every count on both ways of finding them. */
import { describe, expect, it } from 'vitest';
import { bestOf } from '../../src/pipeline/tasks/labels.js';
import { Random } from '../reference/random.js';

describe('bestOf', () => {
  const random = new Random(7);
  // few different values, so that many are equal
  const scores = Float32Array.from(random.normals(200), (value) => Math.round(value * 8) / 8);
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);

  it.each([0, 1, 2, 5, 24, 25, 26, 199, 200, 1000])('%i of 200', (topK) => {
    expect(bestOf(scores, topK)).toEqual(order.slice(0, topK));
  });

  it('all, and of nothing', () => {
    expect(bestOf(scores)).toEqual(order);
    expect(bestOf([], 3)).toEqual([]);
  });
});
