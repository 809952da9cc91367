/** What a forward reads: the packed tokens of all sequences. Letters: N tokens, S sequences. */
import type { Tensor } from '../tensor/tensor.js';

export interface Batch {
  /** `[N]` i32: the ids of all sequences one after another. */
  readonly inputIds: Tensor;
  /** `[N]` i32: segment of each token. */
  readonly tokenTypeIds: Tensor;
  /** `[S+1]` i32: where each sequence begins; first 0, last N. */
  readonly offsets: Tensor;
  /** `[S]` i32: how many of each sequence's first tokens are seen by attention. Undefined: all. */
  readonly keys?: Tensor | undefined;
  /** Offers an inner value by name (`layer.0.output`); it is computed only if someone asked for it. */
  trace(name: string, value: () => Tensor): void;
}

/** What a forward hands back, by transformers' names in camelCase. */
export interface ModelOutput {
  /** One row a token: `[N, ..]`. */
  readonly tokens: Readonly<Record<string, Tensor>>;
  /** One row a sequence: `[S, ..]`. */
  readonly sequences: Readonly<Record<string, Tensor>>;
}
