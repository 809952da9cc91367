/**
 * DistilBERT (Sanh et al. 2019, arXiv:1910.01108): BERT with half the layers, without segments and pooler. Letters: N tokens
 * of the batch, D hidden size (`dim`).
 */
import type { JsonFile } from '../json-file.js';
import { type Activation, activationOf } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { Embedding } from '../nn/embedding.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { SelfAttention } from '../nn/self-attention.js';
import { add, positions } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';

/** Not in config.json: the reference has it in its code. */
const layerNormEps = 1e-12;

/** What the encoder reads of config.json, and the two sizes every encoder tells under BERT's names. */
export interface DistilBertConfig {
  vocab_size: number;
  max_position_embeddings: number;
  hidden_size: number;
  n_layers: number;
  n_heads: number;
  hidden_dim: number;
  activation: Activation;
}

function distilBertConfig(config: JsonFile): DistilBertConfig {
  const hidden_size = config.integer('dim', { max: 65536 });
  const n_heads = config.integer('n_heads', { max: 4096 });
  if (hidden_size % n_heads !== 0)
    throw config.error('n_heads', `is ${n_heads}, which does not divide dim ${hidden_size}`);
  return {
    vocab_size: config.integer('vocab_size'),
    max_position_embeddings: config.integer('max_position_embeddings', { max: 1 << 24 }),
    hidden_size,
    n_layers: config.integer('n_layers', { min: 0, max: 1024 }),
    n_heads,
    hidden_dim: config.integer('hidden_dim', { max: 1 << 20 }),
    activation: activationOf(config, 'activation', 'gelu'),
  };
}

class DistilBertEmbeddings {
  readonly word: Embedding;
  readonly position: Embedding;
  readonly norm: LayerNorm;

  constructor(w: WeightScope, c: DistilBertConfig) {
    this.word = new Embedding(w.at('word_embeddings'), c.vocab_size, c.hidden_size);
    this.position = new Embedding(w.at('position_embeddings'), c.max_position_embeddings, c.hidden_size);
    this.norm = new LayerNorm(w.at('LayerNorm'), c.hidden_size, layerNormEps);
  }

  /** ids `[N] → [N, D]` */
  forward(batch: Batch): Tensor {
    return this.norm.forward(add(this.word.forward(batch.inputIds), this.position.forward(positions(batch.offsets))));
  }
}

class DistilBertLayer {
  readonly attention: SelfAttention;
  readonly attentionOutput: Linear;
  readonly attentionNorm: LayerNorm;
  readonly lin1: Linear;
  readonly lin2: Linear;
  readonly outputNorm: LayerNorm;
  readonly activation: Activation;

  constructor(w: WeightScope, c: DistilBertConfig) {
    const names = { query: 'q_lin', key: 'k_lin', value: 'v_lin' };
    this.attention = new SelfAttention(w.at('attention'), c.hidden_size, c.n_heads, names);
    this.attentionOutput = new Linear(w.at('attention.out_lin'), c.hidden_size, c.hidden_size);
    this.attentionNorm = new LayerNorm(w.at('sa_layer_norm'), c.hidden_size, layerNormEps);
    this.lin1 = new Linear(w.at('ffn.lin1'), c.hidden_size, c.hidden_dim);
    this.lin2 = new Linear(w.at('ffn.lin2'), c.hidden_dim, c.hidden_size);
    this.outputNorm = new LayerNorm(w.at('output_layer_norm'), c.hidden_size, layerNormEps);
    this.activation = c.activation;
  }

  /** `[N, D] → [N, D]` */
  forward(x: Tensor, batch: Batch, name: string): Tensor {
    const attended = this.attentionOutput.forward(this.attention.forward(x, batch, `${name}.attention.probs`));
    const a = this.attentionNorm.forward(add(x, attended));
    const widened = this.activation(this.lin1.forward(a)); // [N, hidden_dim]
    return this.outputNorm.forward(add(a, this.lin2.forward(widened)));
  }
}

/** The encoder. `tokens.lastHiddenState` `[N, D]`. */
export class DistilBertModel {
  readonly config: DistilBertConfig;
  readonly embeddings: DistilBertEmbeddings;
  readonly layers: readonly DistilBertLayer[];

  constructor(w: WeightScope, config: JsonFile) {
    const c = distilBertConfig(config);
    this.config = c;
    this.embeddings = new DistilBertEmbeddings(w.at('embeddings'), c);
    this.layers = Array.from({ length: c.n_layers }, (_, i) => new DistilBertLayer(w.at('transformer.layer', i), c));
  }

  /** Hidden states after the last layer, `[N, D]`. */
  encode(batch: Batch): Tensor {
    let x = this.embeddings.forward(batch);
    batch.trace('embeddings.output', () => x);
    this.layers.forEach((layer, i) => {
      x = layer.forward(x, batch, `layer.${i}`);
      batch.trace(`layer.${i}.output`, () => x);
    });
    return x;
  }

  forward(batch: Batch): ModelOutput {
    return { tokens: { lastHiddenState: this.encode(batch) }, sequences: {} };
  }
}
