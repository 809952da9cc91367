import type { Batch } from '../nn/batch.js';
import { Embedding } from '../nn/embedding.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { add, positions } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import type { DebertaV2Config } from './deberta-v2-config.js';

/** Words, and where the config asks for them positions and segments. Letters: N tokens of the batch, D hidden size. */
export class DebertaV2Embeddings {
  readonly word: Embedding;
  readonly position: Embedding | undefined;
  readonly tokenType: Embedding | undefined;
  readonly project: Linear | undefined;
  readonly norm: LayerNorm;

  constructor(w: WeightScope, c: DebertaV2Config) {
    const { embedding_size: size, hidden_size } = c;
    const table = (name: string, rows: number) => new Embedding(w.at(name), rows, size);
    this.word = table('word_embeddings', c.vocab_size);
    this.position = c.position_biased_input ? table('position_embeddings', c.max_position_embeddings) : undefined;
    this.tokenType = c.type_vocab_size > 0 ? table('token_type_embeddings', c.type_vocab_size) : undefined;
    this.project =
      size === hidden_size ? undefined : new Linear(w.at('embed_proj'), size, hidden_size, { bias: false });
    this.norm = new LayerNorm(w.at('LayerNorm'), hidden_size, c.layer_norm_eps);
  }

  /** ids `[N] → [N, D]` */
  forward(batch: Batch): Tensor {
    let x = this.word.forward(batch.inputIds); // [N, embedding_size]
    if (this.position) x = add(x, this.position.forward(positions(batch.offsets)));
    if (this.tokenType) x = add(x, this.tokenType.forward(batch.tokenTypeIds));
    return this.norm.forward(this.project?.forward(x) ?? x);
  }
}
