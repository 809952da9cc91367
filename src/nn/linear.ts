import { linear } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';

/** y = x Wᵀ + b. Parameters: `weight` `[out, in]`, `bias` `[out]`. */
export class Linear {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(w: WeightScope, inFeatures: number, outFeatures: number, options: { bias?: boolean } = {}) {
    this.weight = w.matrix('weight', outFeatures, inFeatures);
    this.bias = options.bias === false ? undefined : w.vector('bias', outFeatures);
  }

  /** `[.., in] → [.., out]` */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
