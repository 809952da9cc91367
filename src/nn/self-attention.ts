import { attention, attentionProbs } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import type { Batch } from './batch.js';
import { Linear } from './linear.js';

const bertNames = { query: 'query', key: 'key', value: 'value' };

/** Multi-head self-attention (Vaswani et al. 2017). Parameters: three Linears `[D, D]`, under BERT's names unless told others. */
export class SelfAttention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly heads: number;

  constructor(w: WeightScope, size: number, heads: number, names = bertNames) {
    this.query = new Linear(w.at(names.query), size, size);
    this.key = new Linear(w.at(names.key), size, size);
    this.value = new Linear(w.at(names.value), size, size);
    this.heads = heads;
  }

  /** `[N, D] → [N, D]`; `name` is what a trace calls the probabilities `[H, P]`. */
  forward(x: Tensor, batch: Batch, name: string): Tensor {
    const [q, k, v] = [this.query.forward(x), this.key.forward(x), this.value.forward(x)];
    const options = { heads: this.heads, ...(batch.keys && { keys: batch.keys }) };
    batch.trace(name, () => attentionProbs(q, k, batch.offsets, options));
    return attention(q, k, v, batch.offsets, options);
  }
}
