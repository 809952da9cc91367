import { layerNorm } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';

/** (x − mean) / √(variance + eps) · weight + bias over the last axis. Parameters: `weight` `[D]`, `bias` `[D]`. */
export class LayerNorm {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly eps: number;

  constructor(w: WeightScope, size: number, eps: number) {
    this.weight = w.vector('weight', size);
    this.bias = w.vector('bias', size);
    this.eps = eps;
  }

  /** `[.., D] → [.., D]` */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.weight, this.bias, this.eps);
  }
}
