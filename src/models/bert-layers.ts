/**
 * The parts of BERT (Devlin et al. 2018, arXiv:1810.04805) that RoBERTa and ELECTRA share with it. Letters: N tokens of the
 * batch, D hidden size.
 */
import type { JsonFile } from '../json-file.js';
import type { Activation } from '../nn/activation.js';
import type { Batch } from '../nn/batch.js';
import { Embedding } from '../nn/embedding.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { SelfAttention } from '../nn/self-attention.js';
import { add, positions } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { type PostNorm, readPositions, readPostNorm, readSizes, type Sizes } from './family/config.js';

/** What the encoder reads of config.json. */
export interface BertConfig extends Sizes, PostNorm {
  readonly max_position_embeddings: number;
  readonly type_vocab_size: number;
}

export function bertConfig(config: JsonFile): BertConfig {
  const position = config.string('position_embedding_type', 'absolute');
  if (position !== 'absolute') throw config.error('position_embedding_type', `is "${position}"; supported: absolute`);
  return {
    ...readSizes(config),
    ...readPostNorm(config, { eps: 1e-12 }),
    max_position_embeddings: readPositions(config),
    type_vocab_size: config.integer('type_vocab_size', { fallback: 2 }),
  };
}

/** Words, segments and positions of width `size`, D unless a family factorises them. */
export class BertEmbeddings {
  readonly word: Embedding;
  readonly position: Embedding;
  readonly tokenType: Embedding;
  readonly norm: LayerNorm;

  constructor(w: WeightScope, c: BertConfig, size: number) {
    this.word = new Embedding(w.at('word_embeddings'), c.vocab_size, size);
    this.position = new Embedding(w.at('position_embeddings'), c.max_position_embeddings, size);
    this.tokenType = new Embedding(w.at('token_type_embeddings'), c.type_vocab_size, size);
    this.norm = new LayerNorm(w.at('LayerNorm'), size, c.layer_norm_eps);
  }

  /** ids `[N] → [N, size]` */
  forward(batch: Batch, places = positions(batch.offsets)): Tensor {
    const words = add(this.word.forward(batch.inputIds), this.tokenType.forward(batch.tokenTypeIds));
    return this.norm.forward(add(words, this.position.forward(places)));
  }
}

class BertLayer {
  readonly attention: SelfAttention;
  readonly attentionOutput: Linear;
  readonly attentionNorm: LayerNorm;
  readonly intermediate: Linear;
  readonly output: Linear;
  readonly outputNorm: LayerNorm;
  readonly activation: Activation;

  constructor(w: WeightScope, c: BertConfig) {
    this.attention = new SelfAttention(w.at('attention.self'), c.hidden_size, c.num_attention_heads);
    this.attentionOutput = new Linear(w.at('attention.output.dense'), c.hidden_size, c.hidden_size);
    this.attentionNorm = new LayerNorm(w.at('attention.output.LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.intermediate = new Linear(w.at('intermediate.dense'), c.hidden_size, c.intermediate_size);
    this.output = new Linear(w.at('output.dense'), c.intermediate_size, c.hidden_size);
    this.outputNorm = new LayerNorm(w.at('output.LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.activation = c.hidden_act;
  }

  /** `[N, D] → [N, D]` */
  forward(x: Tensor, batch: Batch, name: string): Tensor {
    const attended = this.attentionOutput.forward(this.attention.forward(x, batch, `${name}.attention.probs`));
    const a = this.attentionNorm.forward(add(x, attended));
    const widened = this.activation(this.intermediate.forward(a)); // [N, intermediate_size]
    return this.outputNorm.forward(add(a, this.output.forward(widened)));
  }
}

/** The layers, one after another. */
export class BertLayers {
  readonly layers: readonly BertLayer[];

  constructor(w: WeightScope, c: BertConfig) {
    this.layers = Array.from({ length: c.num_hidden_layers }, (_, i) => new BertLayer(w.at(i), c));
  }

  /** Embeddings to hidden states, `[N, D] → [N, D]` */
  forward(embedded: Tensor, batch: Batch): Tensor {
    let x = embedded;
    batch.trace('embeddings.output', () => x);
    this.layers.forEach((layer, i) => {
      x = layer.forward(x, batch, `layer.${i}`);
      batch.trace(`layer.${i}.output`, () => x);
    });
    return x;
  }
}
