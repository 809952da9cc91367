import { layerNorm } from '../ops/index.js';
import { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';

/**
 * (x − mean) / √(variance + eps) · weight + bias over the last axis. Parameters: `weight` `[D]`, `bias` `[D]`; in checkpoints
 * made from TensorFlow's they are called `gamma` and `beta`.
 */
export class LayerNorm {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly eps: number;

  constructor(w: WeightScope, size: number, eps: number, options: { bias?: boolean } = {}) {
    const old = w.has('gamma');
    this.weight = w.vector(old ? 'gamma' : 'weight', size);
    this.bias = options.bias === false ? Tensor.zeros([size]) : w.vector(old ? 'beta' : 'bias', size);
    this.eps = eps;
  }

  /** `[.., D] → [.., D]` */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.weight, this.bias, this.eps);
  }
}
