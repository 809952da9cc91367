/** Limits, worked out by hand from peaks that are round numbers; and that the machine has peaks at all. */
import { describe, expect, it } from 'vitest';
import { limitOf, type MachinePeaks, measurePeaks, readRate } from '../../src/program/peaks.js';

const KiB = 1024;
const peaks: MachinePeaks = {
  threads: 2,
  operations: { f32: 100, bf16: 200, int8: 400 },
  reads: [
    { bytes: 16 * KiB, bytesPerSecond: 800 },
    { bytes: 64 * KiB, bytesPerSecond: 200 },
    { bytes: 256 * KiB, bytesPerSecond: 50 },
  ],
};

describe('readRate', () => {
  it('takes each thread to have its share', () => {
    expect(readRate(peaks, 128 * KiB)).toBe(200);
    expect(readRate({ ...peaks, threads: 1 }, 64 * KiB)).toBe(200);
  });
  it('goes on at the ends', () => {
    expect(readRate(peaks, 1)).toBe(800);
    expect(readRate(peaks, 0)).toBe(800);
    expect(readRate(peaks, 1e12)).toBe(50);
  });
  it('lies between in the middle', () => {
    expect(readRate(peaks, 2 * 32 * KiB)).toBeCloseTo(400, 9);
    expect(readRate(peaks, 2 * 128 * KiB)).toBeCloseTo(100, 9);
  });
});

describe('limitOf', () => {
  const cost = { operations: 2000, weightBytes: 500, valueBytes: 800 };
  it('is the longer of operations and bytes', () => {
    // 20 s of operations; 500 / 50 + 800 / 800 s of reading
    expect(limitOf(cost, 'f32', peaks, 1e9)).toEqual({ seconds: 20, bound: 'compute' });
    expect(limitOf(cost, 'int8', peaks, 1e9)).toEqual({ seconds: 11, bound: 'memory' });
  });
  it('reads weights from where those of the whole program have room', () => {
    expect(limitOf({ ...cost, operations: 0 }, 'f32', peaks, 1)).toEqual({
      seconds: 500 / 800 + 1,
      bound: 'memory',
    });
  });
  it('of what has no operations is that of its bytes', () => {
    expect(limitOf({ operations: 0, weightBytes: 0, valueBytes: 0 }, 'f32', peaks, 1e9)).toEqual({
      seconds: 0,
      bound: 'memory',
    });
  });
});

it('this machine has peaks', async () => {
  const measured = await measurePeaks(1, { reads: false });
  expect(measured.threads).toBe(1);
  expect(measured.reads).toEqual([]);
  expect(Object.keys(measured.operations)).toEqual(['f32', 'bf16', 'int8']);
  for (const rate of Object.values(measured.operations)) expect(rate).toBeGreaterThan(0);
});
