import { lastDim } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectAxis, expectDtype, expectNumber, expectShape, run } from './run.js';

/**
 * Layer normalization (Ba et al. 2016, arXiv:1607.06450): (x − mean) / √(variance + eps) · gamma + beta over the last axis.
 * @param x `[.., D]` f32. @param gamma `[D]` f32. @param beta `[D]` f32.
 * @param eps added to the biased variance, as PyTorch does.
 * @returns x's shape, f32.
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, eps: number): Tensor {
  expectDtype('layerNorm', 'x', x, 'f32');
  expectAxis('layerNorm', 'x', x);
  for (const [name, tensor] of Object.entries({ gamma, beta })) {
    expectDtype('layerNorm', name, tensor, 'f32');
    expectShape('layerNorm', name, tensor, [lastDim(x.shape)], '[D]');
  }
  expectNumber('layerNorm', 'eps', eps, 0);
  return run({ op: 'layerNorm', inputs: [x, gamma, beta], dtype: 'f32', shape: x.shape, attributes: { eps } });
}

/**
 * RMS normalization (Zhang & Sennrich 2019, arXiv:1910.07467): x / √(mean(x²) + eps) · gamma over the last axis.
 * @param x `[.., D]` f32. @param gamma `[D]` f32.
 * @returns x's shape, f32.
 */
export function rmsNorm(x: Tensor, gamma: Tensor, eps: number): Tensor {
  expectDtype('rmsNorm', 'x', x, 'f32');
  expectAxis('rmsNorm', 'x', x);
  expectDtype('rmsNorm', 'gamma', gamma, 'f32');
  expectShape('rmsNorm', 'gamma', gamma, [lastDim(x.shape)], '[D]');
  expectNumber('rmsNorm', 'eps', eps, 0);
  return run({ op: 'rmsNorm', inputs: [x, gamma], dtype: 'f32', shape: x.shape, attributes: { eps } });
}

/**
 * x / max(‖x‖₂, eps) over the last axis, as `torch.nn.functional.normalize`.
 * @param x `[.., D]` f32.
 * @returns x's shape, f32.
 */
export function l2Normalize(x: Tensor, eps = 1e-12): Tensor {
  expectDtype('l2Normalize', 'x', x, 'f32');
  expectAxis('l2Normalize', 'x', x);
  expectNumber('l2Normalize', 'eps', eps, 0);
  return run({ op: 'l2Normalize', inputs: [x], dtype: 'f32', shape: x.shape, attributes: { eps } });
}
