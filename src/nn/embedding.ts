import { embedding } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';

/** A table of vectors, read in place. Parameter: `weight` `[V, D]`. */
export class Embedding {
  readonly weight: Tensor;

  constructor(w: WeightScope, count: number, size: number) {
    this.weight = w.matrix('weight', count, size);
  }

  /** ids `[N] → [N, D]` */
  forward(ids: Tensor): Tensor {
    return embedding(this.weight, ids);
  }
}
