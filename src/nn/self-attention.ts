import {
  type AttentionOptions,
  attention,
  attentionProbs,
  linear,
  type RopeTables,
  rope,
  slice,
} from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import type { Batch } from './batch.js';
import { Linear } from './linear.js';

/** Under what names a checkpoint keeps the three matrices. */
interface Names {
  readonly query: string;
  readonly key: string;
  readonly value: string;
}

const bertNames: Names = { query: 'query', key: 'key', value: 'value' };

/** How the scores are scaled, biased and masked; default: 1/√d and all of the sequence that the batch lets be seen. */
export type Scores = Omit<AttentionOptions, 'heads' | 'keys'>;

/** Multi-head self-attention (Vaswani et al. 2017). Parameters: three Linears `[D, D]`, under BERT's names unless told others. */
export class SelfAttention {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly heads: number;

  /** `inner`: width of all heads together, where it is not `size` (T5). */
  constructor(
    w: WeightScope,
    size: number,
    heads: number,
    options: { names?: Names; inner?: number; bias?: boolean } = {},
  ) {
    const { names = bertNames, inner = size, bias = true } = options;
    this.query = new Linear(w.at(names.query), size, inner, { bias });
    this.key = new Linear(w.at(names.key), size, inner, { bias });
    this.value = new Linear(w.at(names.value), size, inner, { bias });
    this.heads = heads;
  }

  /** `[N, D] → [N, inner]`; `name` is what a trace calls the probabilities `[H, P]`. */
  forward(x: Tensor, batch: Batch, name: string, scores: Scores = {}): Tensor {
    const [q, k, v] = [this.query.forward(x), this.key.forward(x), this.value.forward(x)];
    return attend(q, k, v, batch, name, { heads: this.heads, ...scores });
  }
}

/** Self-attention whose queries and keys are turned by their positions. Parameters: one Linear `[3D, D]` for q, k and v. */
export class RotaryAttention {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;
  readonly size: number;
  readonly heads: number;

  constructor(w: WeightScope, size: number, heads: number, options: { bias: boolean }) {
    this.weight = w.matrix('weight', 3 * size, size);
    this.bias = options.bias ? w.vector('bias', 3 * size) : undefined;
    this.size = size;
    this.heads = heads;
  }

  /** `[N, D] → [N, D]` */
  forward(x: Tensor, batch: Batch, name: string, tables: RopeTables, scores: Scores = {}): Tensor {
    const qkv = linear(x, this.weight, this.bias); // [N, 3D]
    const part = (i: number) => slice(qkv, 1, i * this.size, (i + 1) * this.size);
    const [q, k] = [part(0), part(1)].map((part) => rope(part, batch.offsets, tables, this.heads)) as [Tensor, Tensor];
    return attend(q, k, part(2), batch, name, { heads: this.heads, ...scores });
  }
}

function attend(q: Tensor, k: Tensor, v: Tensor, batch: Batch, name: string, scores: AttentionOptions): Tensor {
  const options = batch.keys ? { ...scores, keys: batch.keys } : scores;
  batch.trace(name, () => attentionProbs(q, k, batch.offsets, options));
  return attention(q, k, v, batch.offsets, options);
}
