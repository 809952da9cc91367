import { TensorError } from '../errors.js';
import { describeValue } from '../options.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectOffsets, sequencesOf } from './offsets.js';
import { expectDtype, expectRank, expectShape, run } from './run.js';

/** Ways to turn a sequence's rows into one, with sentence-transformers' rules (docs/operations.md has the formulas). */
export const poolModes = ['cls', 'last', 'mean', 'max', 'mean_sqrt_len', 'weighted_mean'] as const;
/** One of {@link poolModes}. */
export type PoolMode = (typeof poolModes)[number];

/**
 * One row a sequence.
 * @param x `[N, D]` f32, the rows of all sequences one after another. @param offsets `[S+1]` i32.
 * @param start `[S]` i32, optional: rows to leave out at the beginning of each sequence (a prompt).
 * @param weights `[N, 1]` f32, optional, with `mean` and `mean_sqrt_len`: what rows are multiplied by before they are added; the
 * sum of these is divided by instead of the number of rows.
 * @returns `[S, D]` f32.
 */
export function pool(x: Tensor, offsets: Tensor, mode: PoolMode, start?: Tensor, weights?: Tensor): Tensor {
  expectDtype('pool', 'x', x, 'f32');
  expectRank('pool', 'x', x, 2, '[N,D]');
  expectOffsets('pool', offsets);
  if (!poolModes.includes(mode)) throw new TensorError('pool', `mode ${poolModes.join(', ')}`, describeValue(mode));
  const sequences = sequencesOf('pool', offsets);
  if (start !== undefined) {
    expectDtype('pool', 'start', start, 'i32');
    expectShape('pool', 'start', start, [sequences], '[S]');
  }
  if (weights !== undefined) {
    expectDtype('pool', 'weights', weights, 'f32');
    expectShape('pool', 'weights', weights, [x.shape[0] ?? 0, 1], '[N,1]');
    if (mode !== 'mean' && mode !== 'mean_sqrt_len')
      throw new TensorError('pool', 'weights with the modes mean and mean_sqrt_len', `mode ${mode}`);
  }
  const inputs = [x, offsets, ...(start ? [start] : []), ...(weights ? [weights] : [])];
  return run({ op: 'pool', inputs, dtype: 'f32', shape: [sequences, x.shape[1] ?? 0], attributes: { mode } });
}
