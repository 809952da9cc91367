import { rmsNorm } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';

/** x / √(mean(x²) + eps) · weight over the last axis. Parameter: `weight` `[D]`. */
export class RmsNorm {
  readonly weight: Tensor;
  readonly eps: number;

  constructor(w: WeightScope, size: number, eps: number) {
    this.weight = w.vector('weight', size);
    this.eps = eps;
  }

  /** `[.., D] → [.., D]` */
  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.weight, this.eps);
  }
}
