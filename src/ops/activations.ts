import type { Tensor } from '../tensor/tensor.js';
import { expectAxis, expectDtype, run } from './run.js';

function elementwise(op: string, x: Tensor): Tensor {
  expectDtype(op, 'x', x, 'f32');
  return run({ op, inputs: [x], dtype: 'f32', shape: x.shape });
}

/** x · Φ(x) with the exact normal distribution function (Hendrycks & Gimpel 2016, arXiv:1606.08415). Any shape, f32. */
export function gelu(x: Tensor): Tensor {
  return elementwise('gelu', x);
}

/** GELU's tanh form, "gelu_new" and "gelu_pytorch_tanh" in configs: ½x(1 + tanh(√(2/π)(x + 0.044715x³))). Any shape, f32. */
export function geluTanh(x: Tensor): Tensor {
  return elementwise('geluTanh', x);
}

/** max(x, 0). Any shape, f32. */
export function relu(x: Tensor): Tensor {
  return elementwise('relu', x);
}

/** x · sigmoid(x). Any shape, f32. */
export function silu(x: Tensor): Tensor {
  return elementwise('silu', x);
}

/** Hyperbolic tangent. Any shape, f32. */
export function tanh(x: Tensor): Tensor {
  return elementwise('tanh', x);
}

/** 1 / (1 + e⁻ˣ). Any shape, f32. */
export function sigmoid(x: Tensor): Tensor {
  return elementwise('sigmoid', x);
}

/** Softmax over the last axis, the row's maximum subtracted first. A row of −∞ gives zeros. `[.., D]` f32. */
export function softmax(x: Tensor): Tensor {
  expectDtype('softmax', 'x', x, 'f32');
  expectAxis('softmax', 'x', x);
  return run({ op: 'softmax', inputs: [x], dtype: 'f32', shape: x.shape });
}
