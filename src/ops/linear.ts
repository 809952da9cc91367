import { TensorError } from '../errors.js';
import { lastDim } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectDtype, expectShape, quantized, run } from './run.js';

/**
 * y = x Wᵀ + b, as `torch.nn.functional.linear`.
 * @param x `[.., K]` f32.
 * @param weight `[O, K]` f32, f16 or bf16: packed once for the instruction set, half widths widened in registers; or
 * i8 of a quantized checkpoint.
 * @param bias `[O]` f32, optional.
 * @returns `[.., O]` f32.
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  expectDtype('linear', 'x', x, 'f32');
  expectDtype('linear', 'weight', weight, 'f32', 'f16', 'bf16', ...quantized(weight));
  if (weight.recorded ?? bias?.recorded) {
    throw new TensorError('linear', 'weight and bias known while recording', 'a computed one; use matmul and add');
  }
  const [features = 0, depth = 0] = weight.shape;
  if (weight.rank !== 2 || x.rank < 1 || lastDim(x.shape) !== depth) {
    throw new TensorError('linear', 'x [..,K] and weight [O,K]', `${x} and ${weight}`);
  }
  if (bias !== undefined) {
    expectDtype('linear', 'bias', bias, 'f32');
    expectShape('linear', 'bias', bias, [features], '[O]');
  }
  const shape = [...x.shape.slice(0, -1), features];
  return run({ op: 'linear', inputs: [x], dtype: 'f32', shape, weights: [{ weight, bias }] });
}
