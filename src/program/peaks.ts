/** What this machine does at best, and how long a step must take because of it. */
import { rethrowNative } from '../errors.js';
import { native } from '../native.js';
import type { Arithmetic } from '../options.js';
import type { StepCost } from './cost.js';

/** Measured, with the kernels that run here and all threads together. */
export interface MachinePeaks {
  readonly threads: number;
  /** Operations a second with operands in registers, a multiply-add counting as two. */
  readonly operations: Readonly<Record<Arithmetic, number>>;
  /** How fast memory is read, by the bytes that each thread reads over and over; rising. */
  readonly reads: readonly { readonly bytes: number; readonly bytesPerSecond: number }[];
}

/** The least time of a step, in seconds, and what sets it. */
export interface Limit {
  readonly seconds: number;
  readonly bound: 'compute' | 'memory';
}

/** What all threads together read at most: more than last-level caches hold. */
const mostBytes = 2 ** 28;

/** Takes about half a second. `reads: false`: the arithmetics only, 0.2 s. */
export async function measurePeaks(threads: number, { reads = true } = {}): Promise<MachinePeaks> {
  try {
    return { threads, ...(await native.measurePeaks(threads, reads ? mostBytes : 0)) };
  } catch (cause) {
    rethrowNative(cause);
  }
}

/**
 * The longer of two times: the operations at the peak of their arithmetic, and the bytes at the rate of the memory they
 * come from. Every run reads all weights of the program, so they come from where `programBytes` have room; inputs and
 * outputs were just made, and come from where the step's own have room.
 */
export function limitOf(cost: StepCost, arithmetic: Arithmetic, peaks: MachinePeaks, programBytes: number): Limit {
  const compute = cost.operations / peaks.operations[arithmetic];
  const weights = cost.weightBytes / readRate(peaks, programBytes);
  const memory = weights + cost.valueBytes / readRate(peaks, cost.valueBytes);
  return compute > memory ? { seconds: compute, bound: 'compute' } : { seconds: memory, bound: 'memory' };
}

/** Bytes a second where the threads share `bytes` evenly; between two measured sizes, in proportion of logarithms. */
export function readRate({ threads, reads }: MachinePeaks, bytes: number): number {
  const each = bytes / threads;
  const above = reads.findIndex((rate) => rate.bytes >= each);
  const high = reads[above] ?? reads[reads.length - 1];
  const low = reads[above - 1];
  if (!high) return Number.POSITIVE_INFINITY;
  if (above === -1 || !low) return high.bytesPerSecond;
  const part = Math.log(each / low.bytes) / Math.log(high.bytes / low.bytes);
  return low.bytesPerSecond * (high.bytesPerSecond / low.bytesPerSecond) ** part;
}
