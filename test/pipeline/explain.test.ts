/** Explanations: how steps are added up, and what a model's explanation holds. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { summarize } from '../../src/pipeline/sentence/explain.js';
import { SentenceTransformer } from '../../src/pipeline/sentence/sentence-transformer.js';

const fixture = join(import.meta.dirname, '../fixtures/transformers/st-mean-normalize');

describe('summarize', () => {
  const peaks = {
    threads: 1,
    operations: { f32: 1000, bf16: 2000, int8: 4000 },
    reads: [{ bytes: 16384, bytesPerSecond: 100 }],
  };
  const product = { op: 'linear', label: 'linear A', arithmetic: 'bf16' as const, operations: 8000, weightBytes: 100 };
  const steps = [
    { ...product, valueBytes: 50, seconds: 5 },
    {
      op: 'gelu',
      label: 'gelu B',
      arithmetic: 'f32' as const,
      operations: 0,
      weightBytes: 0,
      valueBytes: 300,
      seconds: 12,
    },
    { ...product, valueBytes: 50, seconds: 6 },
  ];
  it('adds up steps of equal label, the longest first', () => {
    expect(summarize(steps, 25, peaks)).toEqual([
      {
        op: 'gelu',
        label: 'gelu B',
        count: 1,
        seconds: 12,
        share: 0.48,
        operations: 0,
        bytes: 300,
        limitSeconds: 3,
        bound: 'memory',
      },
      {
        op: 'linear',
        label: 'linear A',
        count: 2,
        seconds: 11,
        share: 0.44,
        operations: 16000,
        bytes: 300,
        limitSeconds: 8,
        bound: 'compute',
      },
    ]);
  });
});

describe('a model', () => {
  it('is explained for each number of tokens', async () => {
    await using model = await SentenceTransformer.load(fixture, { threads: 2 });
    const { runs, listing, peaks, threads, dtype, scaling } = await model.explain({ tokens: [4, 9], batchSize: 3 });
    expect([threads, dtype, peaks.threads]).toEqual([2, 'f32', 2]);
    expect(scaling).toBeGreaterThan(0);
    expect(peaks.reads.length).toBeGreaterThan(4);
    expect(listing.compiled).not.toBe(listing.recorded);
    expect(listing.recorded).toMatch(/= gelu\(/);
    expect(listing.compiled).not.toMatch(/= gelu\(/);
    expect(runs.map(({ tokens, batchSize }) => [tokens, batchSize])).toEqual([
      [4, 3],
      [9, 3],
    ]);
    for (const { tokens, stepSeconds, besideSeconds, limitSeconds, ops } of runs) {
      const sum = (of: (op: (typeof ops)[number]) => number) => ops.reduce((total, op) => total + of(op), 0);
      expect(stepSeconds).toBeCloseTo(
        sum((op) => op.seconds),
        12,
      );
      expect(limitSeconds).toBeCloseTo(
        sum((op) => op.limitSeconds),
        12,
      );
      expect(sum((op) => op.share)).toBeCloseTo(stepSeconds / (stepSeconds + besideSeconds), 9);
      expect(ops.map((op) => op.seconds)).toEqual(ops.map((op) => op.seconds).sort((a, b) => b - a));
      expect(ops.every((op) => op.limitSeconds >= 0 && (op.bound === 'compute' || op.bound === 'memory'))).toBe(true);
      expect(ops.filter((op) => op.op === 'linear').every((op) => op.label.startsWith(`linear [${3 * tokens},`))).toBe(
        true,
      );
    }
  });

  it('is told what it cannot be asked', async () => {
    await using model = await SentenceTransformer.load(fixture);
    const longest = model.maxSeqLength;
    for (const tokens of [[0], [1.5], [longest + 1], ['8'], [8, -1]]) {
      await expect(model.explain({ tokens: tokens as number[] })).rejects.toThrow(
        `tokens must be whole numbers from 1 to ${longest}`,
      );
    }
    await expect(model.explain({ batchSize: 0 })).rejects.toThrow(/batchSize must be a whole number from 1/);
    await expect(model.explain({ batch: 1 } as never)).rejects.toThrow(UsageError);
    await expect(model.explain({ tokens: [4], batchSize: 9_999_999_999 })).rejects.toThrow(/at most 1048576/);
    await model.dispose();
    await expect(model.explain()).rejects.toThrow(/was disposed/);
  });
});
