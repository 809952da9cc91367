/** What a model family offers: its encoder, and the heads that its checkpoints may have. */
import type { JsonFile } from '../../json-file.js';
import type { Batch, ModelOutput } from '../../nn/batch.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { WeightScope } from '../../weights/scope.js';

/** What ids a model takes. */
export interface Limits {
  /** Longest sequence, special tokens included; Infinity where positions have no end. */
  readonly maxTokens: number;
  readonly vocabSize: number;
  /** Segments; 1 where the family has none. */
  readonly tokenTypes: number;
}

/** A model with any head: what `AutoModel` runs. */
export interface Model {
  readonly limits: Limits;
  forward(batch: Batch): ModelOutput;
}

/** A model without a head: what sentence encoders stand on. */
export interface Encoder extends Model {
  readonly hiddenSize: number;
  /** Word embeddings `[V, E]`, which the decoders of language models are tied to. */
  readonly words: Tensor;
  /** Hidden states after the last layer, `[N, D]`. */
  encode(batch: Batch): Tensor;
  /** What the family makes of hidden states for sequence heads, `[N, D] → [S, D]`; undefined if the checkpoint has no pooler. */
  pool?(x: Tensor, batch: Batch): Tensor | undefined;
}

export type BuildEncoder = (w: WeightScope, config: JsonFile) => Encoder;
export type BuildModel = (w: WeightScope, config: JsonFile) => Model;

export interface Family {
  readonly encoder: BuildEncoder;
  /** By the end of the class name in config.json's `architectures`: `ForMaskedLM`. */
  readonly heads: Readonly<Record<string, BuildModel>>;
  /** Prefix of the encoder's weights in checkpoints with a head. */
  readonly prefix: string;
  /** Weights that the encoder leaves unread beside position ids: those of heads. */
  readonly ofHeads: readonly RegExp[];
  /** Weights that a head may leave unread: doubles of tied ones, and other heads. */
  readonly spare?: readonly RegExp[];
}

/** The output of a model without a head. */
export function encoderOutput(encoder: Encoder, batch: Batch): ModelOutput {
  const lastHiddenState = encoder.encode(batch);
  const poolerOutput = encoder.pool?.(lastHiddenState, batch);
  return { tokens: { lastHiddenState }, sequences: poolerOutput ? { poolerOutput } : {} };
}
