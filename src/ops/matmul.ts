import { TensorError } from '../errors.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectDtype, run } from './run.js';

/**
 * Matrix product over the last two axes.
 * @param a `[.., M, K]` f32.
 * @param b `[.., K, O]` f32 with a's leading axes, or `[K, O]` for all of them.
 * @returns `[.., M, O]` f32.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  expectDtype('matmul', 'a', a, 'f32');
  expectDtype('matmul', 'b', b, 'f32');
  const leading = a.shape.slice(0, -2);
  const fits =
    a.rank >= 2 &&
    b.rank >= 2 &&
    a.shape[a.rank - 1] === b.shape[b.rank - 2] &&
    (b.rank === 2 || sameShape(leading, b.shape.slice(0, -2)));
  if (!fits) throw new TensorError('matmul', 'a [..,M,K] and b [..,K,O] or [K,O]', `${a} and ${b}`);
  const shape = [...a.shape.slice(0, -1), b.shape[b.rank - 1] ?? 0];
  return run({ op: 'matmul', inputs: [a, b], dtype: 'f32', shape });
}
