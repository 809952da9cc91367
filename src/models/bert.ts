/**
 * BERT (Devlin et al. 2018, arXiv:1810.04805), the encoder, and its pooler. MiniLM and most sentence encoders are this
 * model with other numbers. Letters: N tokens of the batch, S sequences, D hidden size.
 */
import type { JsonFile } from '../json-file.js';
import { type Activation, activationOf } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { Embedding } from '../nn/embedding.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { SelfAttention } from '../nn/self-attention.js';
import { add, pool, positions, tanh } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';

/** What the encoder reads of config.json. */
export interface BertConfig {
  vocab_size: number;
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  max_position_embeddings: number;
  type_vocab_size: number;
  layer_norm_eps: number;
  hidden_act: Activation;
}

export function bertConfig(config: JsonFile): BertConfig {
  if (config.boolean('is_decoder', false)) throw config.error('is_decoder', 'is true; only encoders are supported');
  const position = config.string('position_embedding_type', 'absolute');
  if (position !== 'absolute') throw config.error('position_embedding_type', `is "${position}"; supported: absolute`);
  const hidden_size = config.integer('hidden_size', { max: 65536 });
  const num_attention_heads = config.integer('num_attention_heads', { max: 4096 });
  if (hidden_size % num_attention_heads !== 0) {
    throw config.error(
      'num_attention_heads',
      `is ${num_attention_heads}, which does not divide hidden_size ${hidden_size}`,
    );
  }
  return {
    vocab_size: config.integer('vocab_size'),
    hidden_size,
    num_hidden_layers: config.integer('num_hidden_layers', { min: 0, max: 1024 }),
    num_attention_heads,
    intermediate_size: config.integer('intermediate_size', { max: 1 << 20 }),
    max_position_embeddings: config.integer('max_position_embeddings', { max: 1 << 24 }),
    type_vocab_size: config.integer('type_vocab_size', { fallback: 2 }),
    layer_norm_eps: config.number('layer_norm_eps', { min: 0, fallback: 1e-12 }),
    hidden_act: activationOf(config, 'hidden_act', 'gelu'),
  };
}

class BertEmbeddings {
  readonly word: Embedding;
  readonly position: Embedding;
  readonly tokenType: Embedding;
  readonly norm: LayerNorm;

  constructor(w: WeightScope, c: BertConfig) {
    this.word = new Embedding(w.at('word_embeddings'), c.vocab_size, c.hidden_size);
    this.position = new Embedding(w.at('position_embeddings'), c.max_position_embeddings, c.hidden_size);
    this.tokenType = new Embedding(w.at('token_type_embeddings'), c.type_vocab_size, c.hidden_size);
    this.norm = new LayerNorm(w.at('LayerNorm'), c.hidden_size, c.layer_norm_eps);
  }

  /** ids `[N] → [N, D]` */
  forward(batch: Batch): Tensor {
    const words = add(this.word.forward(batch.inputIds), this.tokenType.forward(batch.tokenTypeIds));
    return this.norm.forward(add(words, this.position.forward(positions(batch.offsets))));
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

/** The encoder. `tokens.lastHiddenState` `[N, D]`; `sequences.poolerOutput` `[S, D]` if the checkpoint has a pooler. */
export class BertModel {
  readonly config: BertConfig;
  readonly embeddings: BertEmbeddings;
  readonly layers: readonly BertLayer[];
  /** tanh(W · first token + b), trained for next-sentence prediction. */
  readonly pooler: Linear | undefined;

  constructor(w: WeightScope, config: JsonFile) {
    const c = bertConfig(config);
    this.config = c;
    this.embeddings = new BertEmbeddings(w.at('embeddings'), c);
    this.layers = Array.from({ length: c.num_hidden_layers }, (_, i) => new BertLayer(w.at('encoder.layer', i), c));
    const pooler = w.at('pooler.dense');
    this.pooler = pooler.has('weight') ? new Linear(pooler, c.hidden_size, c.hidden_size) : undefined;
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

  /** The pooler on hidden states: `[N, D] → [S, D]` */
  pool(x: Tensor, batch: Batch): Tensor | undefined {
    return this.pooler && tanh(this.pooler.forward(pool(x, batch.offsets, 'cls')));
  }

  forward(batch: Batch): ModelOutput {
    const lastHiddenState = this.encode(batch);
    const poolerOutput = this.pool(lastHiddenState, batch);
    return { tokens: { lastHiddenState }, sequences: poolerOutput ? { poolerOutput } : {} };
  }
}
