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
import { add, positions, relu } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { readHeads, readPositions } from './family/config.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';
import { headsOf } from './family/heads.js';

/** Not in config.json: the reference has it in its code. */
const layerNormEps = 1e-12;

interface DistilBertConfig {
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly dim: number;
  readonly n_layers: number;
  readonly n_heads: number;
  readonly hidden_dim: number;
  readonly activation: Activation;
}

function distilBertConfig(config: JsonFile): DistilBertConfig {
  const dim = config.integer('dim', { max: 65536 });
  return {
    vocab_size: config.integer('vocab_size'),
    max_position_embeddings: readPositions(config),
    dim,
    n_layers: config.integer('n_layers', { min: 0, max: 1024 }),
    n_heads: readHeads(config, 'n_heads', 'dim', dim),
    hidden_dim: config.integer('hidden_dim', { max: 1 << 20 }),
    activation: activationOf(config, 'activation', 'gelu'),
  };
}

class DistilBertEmbeddings {
  readonly word: Embedding;
  readonly position: Embedding;
  readonly norm: LayerNorm;

  constructor(w: WeightScope, c: DistilBertConfig) {
    this.word = new Embedding(w.at('word_embeddings'), c.vocab_size, c.dim);
    this.position = new Embedding(w.at('position_embeddings'), c.max_position_embeddings, c.dim);
    this.norm = new LayerNorm(w.at('LayerNorm'), c.dim, layerNormEps);
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
    this.attention = new SelfAttention(w.at('attention'), c.dim, c.n_heads, { names });
    this.attentionOutput = new Linear(w.at('attention.out_lin'), c.dim, c.dim);
    this.attentionNorm = new LayerNorm(w.at('sa_layer_norm'), c.dim, layerNormEps);
    this.lin1 = new Linear(w.at('ffn.lin1'), c.dim, c.hidden_dim);
    this.lin2 = new Linear(w.at('ffn.lin2'), c.hidden_dim, c.dim);
    this.outputNorm = new LayerNorm(w.at('output_layer_norm'), c.dim, layerNormEps);
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

export class DistilBertModel implements Encoder {
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly embeddings: DistilBertEmbeddings;
  readonly layers: readonly DistilBertLayer[];

  constructor(w: WeightScope, config: JsonFile) {
    const c = distilBertConfig(config);
    this.limits = { maxTokens: c.max_position_embeddings, vocabSize: c.vocab_size, tokenTypes: 1 };
    this.hiddenSize = c.dim;
    this.embeddings = new DistilBertEmbeddings(w.at('embeddings'), c);
    this.words = this.embeddings.word.weight;
    this.layers = Array.from({ length: c.n_layers }, (_, i) => new DistilBertLayer(w.at('transformer.layer', i), c));
  }

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
    return encoderOutput(this, batch);
  }
}

const build = (w: WeightScope, config: JsonFile) => new DistilBertModel(w, config);
const heads = headsOf(build, 'distilbert');

export const distilbert: Family = {
  encoder: build,
  prefix: 'distilbert',
  heads: {
    ForMaskedLM: heads.maskedLanguageModel({
      dense: 'vocab_transform',
      norm: 'vocab_layer_norm',
      decoder: 'vocab_projector',
      bias: 'vocab_projector.bias',
      activation: (config) => activationOf(config, 'activation', 'gelu'),
    }),
    ForSequenceClassification: heads.firstTokenClassification({
      dense: 'pre_classifier',
      activation: () => relu,
      out: 'classifier',
    }),
    ForTokenClassification: heads.tokenClassification,
    ForQuestionAnswering: heads.questionAnswering,
  },
  ofHeads: [/^(vocab_transform|vocab_layer_norm|vocab_projector|pre_classifier|classifier|qa_outputs)\./],
};
