import { checkOptions } from '../options.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectOffsets } from './offsets.js';
import { expectDtype, expectRank, expectShape, run } from './run.js';

/**
 * The recurrence of a long short-term memory (Hochreiter and Schmidhuber 1997) over each sequence, in PyTorch's form: gates
 * i, f, g, o; h and c begin at 0.
 * @param x `[N, 4H]` f32: what the gates get from the row itself, W x + b. @param offsets `[S+1]` i32.
 * @param weight `[H, 4H]` f32: what they get from the row before, PyTorch's `weight_hh` transposed. @param bias `[4H]` f32.
 * @param options `reverse`: from the last row to the first. @returns `[N, H]` f32.
 */
export function lstm(
  x: Tensor,
  offsets: Tensor,
  weight: Tensor,
  bias: Tensor,
  options: { readonly reverse?: boolean | undefined } = {},
): Tensor {
  checkOptions('lstm', options, ['reverse']);
  expectDtype('lstm', 'x', x, 'f32');
  expectRank('lstm', 'x', x, 2, '[N,4H]');
  expectOffsets('lstm', offsets);
  expectDtype('lstm', 'weight', weight, 'f32');
  expectRank('lstm', 'weight', weight, 2, '[H,4H]');
  const hidden = weight.shape[0] ?? 0;
  expectShape('lstm', 'weight', weight, [hidden, 4 * hidden], '[H,4H]');
  expectShape('lstm', 'x', x, [x.shape[0] ?? 0, 4 * hidden], '[N,4H]');
  expectDtype('lstm', 'bias', bias, 'f32');
  expectShape('lstm', 'bias', bias, [4 * hidden], '[4H]');
  const attributes = { reverse: options.reverse ?? false };
  return run({
    op: 'lstm',
    inputs: [x, offsets, weight, bias],
    dtype: 'f32',
    shape: [x.shape[0] ?? 0, hidden],
    attributes,
  });
}
