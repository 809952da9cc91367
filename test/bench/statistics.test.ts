import { describe, expect, it } from 'vitest';
import { cosine, ranks, spearman } from '../../bench/correlation.mjs';
import { normal, quantile, seededRandom, summary, tailOfRounds } from '../../src/measure/statistics.js';

// Expected values worked out by hand.
describe('the arithmetic of the benchmark reports', () => {
  it('interpolates quantiles between order statistics', () => {
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5);
    expect(quantile([10, 20, 30, 40, 50], 0.9)).toBeCloseTo(46, 12);
    expect(quantile([], 0.5)).toBeNaN();
    expect(summary([7, 1, 3, 5])).toEqual({ median: 4, q1: 2.5, q3: 5.5 });
  });

  it('takes tails of calls, not of rounds', () => {
    // 0, 1 … 100 once: the points of a hundred intervals are the percentiles themselves.
    const calls = Array.from({ length: 101 }, (_, i) => i);
    const one = tailOfRounds([calls]);
    expect(one.p90).toBeCloseTo(90, 10);
    expect(one.p99).toBeCloseTo(99, 10);
    expect(one.calls).toBe(101);
    // A round on a machine half as fast has the same tail; the scale is the median of the medians 50 and 100.
    const two = tailOfRounds([calls, calls.map((time) => 2 * time)]);
    expect(two.p99 / 75).toBeCloseTo(one.p99 / 50, 1);
    expect(two.p90).toBeCloseTo(135, 10);
    expect(two.calls).toBe(202);
  });

  it('gives ties the mean of their ranks', () => {
    expect(ranks([10, 30, 20, 30, 5])).toEqual([1, 3.5, 2, 3.5, 0]);
    expect(ranks([1, 1, 1])).toEqual([1, 1, 1]);
  });

  it('correlates ranks', () => {
    expect(spearman([1, 2, 3, 4], [1, 4, 9, 16])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3, 4], [5, 4, 3, 2])).toBeCloseTo(-1, 12);
    // Without ties 1 - 6 Σd² / (n (n² - 1)): ranks 0 1 2 3 4 and 1 0 3 4 2, Σd² = 8.
    expect(spearman([1, 2, 3, 4, 5], [20, 10, 40, 50, 30])).toBeCloseTo(0.6, 12);
    // With a tie: ranks 0 1.5 1.5 3 and 0 1 2 3 give 4.5 / sqrt(4.5 · 5).
    expect(spearman([1, 2, 2, 3], [1, 2, 3, 4])).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
  });

  it('takes cosines', () => {
    expect(cosine([3, 4], [6, 8])).toBeCloseTo(1, 12);
    expect(cosine([1, 0], [1, 1])).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it('repeats its random numbers, and they are spread as they should be', () => {
    const [a, b] = [seededRandom(5), seededRandom(5)];
    const drawn = Array.from({ length: 20_000 }, () => a());
    expect(drawn.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => b()));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    // Standard error of a median of 20,000 standard normals is 0.009; 0.05 is five of them.
    const source = seededRandom(9);
    const normals = Array.from({ length: 20_000 }, () => normal(source));
    const { median, q1, q3 } = summary(normals);
    expect(Math.abs(median)).toBeLessThan(0.05);
    expect(Math.abs(q3 - q1 - 1.349)).toBeLessThan(0.08);
  });
});
