/**
 * ALBERT (Lan et al. 2019, arXiv:1909.11942): embeddings of a small width E, and layers that share their weights in groups.
 * Letters: N tokens of the batch, S sequences, D hidden size.
 */
import type { JsonFile } from '../json-file.js';
import type { Activation } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { SelfAttention } from '../nn/self-attention.js';
import { add, pool, tanh } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { type BertConfig, BertEmbeddings, bertConfig } from './bert-layers.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';
import { headsOf } from './family/heads.js';

class AlbertLayer {
  readonly attention: SelfAttention;
  readonly attentionOutput: Linear;
  readonly attentionNorm: LayerNorm;
  readonly ffn: Linear;
  readonly ffnOutput: Linear;
  readonly outputNorm: LayerNorm;
  readonly activation: Activation;

  constructor(w: WeightScope, c: BertConfig) {
    this.attention = new SelfAttention(w.at('attention'), c.hidden_size, c.num_attention_heads);
    this.attentionOutput = new Linear(w.at('attention.dense'), c.hidden_size, c.hidden_size);
    this.attentionNorm = new LayerNorm(w.at('attention.LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.ffn = new Linear(w.at('ffn'), c.hidden_size, c.intermediate_size);
    this.ffnOutput = new Linear(w.at('ffn_output'), c.intermediate_size, c.hidden_size);
    this.outputNorm = new LayerNorm(w.at('full_layer_layer_norm'), c.hidden_size, c.layer_norm_eps);
    this.activation = c.hidden_act;
  }

  /** `[N, D] → [N, D]` */
  forward(x: Tensor, batch: Batch, name: string): Tensor {
    const attended = this.attentionOutput.forward(this.attention.forward(x, batch, `${name}.attention.probs`));
    const a = this.attentionNorm.forward(add(x, attended));
    const widened = this.activation(this.ffn.forward(a)); // [N, intermediate_size]
    return this.outputNorm.forward(add(a, this.ffnOutput.forward(widened)));
  }
}

export class AlbertModel implements Encoder {
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly embeddings: BertEmbeddings;
  readonly mappingIn: Linear;
  /** For each group its layers, which run one after another. */
  readonly groups: readonly (readonly AlbertLayer[])[];
  readonly layerCount: number;
  /** tanh(W · first token + b). */
  readonly pooler: Linear | undefined;

  constructor(w: WeightScope, config: JsonFile) {
    const c = bertConfig(config);
    const embedding_size = config.integer('embedding_size', { max: 65536, fallback: 128 });
    const num_hidden_groups = config.integer('num_hidden_groups', { max: 1024, fallback: 1 });
    if (num_hidden_groups > Math.max(c.num_hidden_layers, 1)) {
      throw config.error('num_hidden_groups', `is ${num_hidden_groups}, more than the ${c.num_hidden_layers} layers`);
    }
    const inner_group_num = config.integer('inner_group_num', { max: 1024, fallback: 1 });
    this.limits = { maxTokens: c.max_position_embeddings, vocabSize: c.vocab_size, tokenTypes: c.type_vocab_size };
    this.hiddenSize = c.hidden_size;
    this.layerCount = c.num_hidden_layers;
    this.embeddings = new BertEmbeddings(w.at('embeddings'), c, embedding_size);
    this.words = this.embeddings.word.weight;
    this.mappingIn = new Linear(w.at('encoder.embedding_hidden_mapping_in'), embedding_size, c.hidden_size);
    this.groups = Array.from({ length: num_hidden_groups }, (_, g) => {
      const group = w.at('encoder.albert_layer_groups', g, 'albert_layers');
      return Array.from({ length: inner_group_num }, (_, i) => new AlbertLayer(group.at(i), c));
    });
    const pooler = w.at('pooler');
    this.pooler = pooler.has('weight') ? new Linear(pooler, c.hidden_size, c.hidden_size) : undefined;
  }

  encode(batch: Batch): Tensor {
    let x = this.mappingIn.forward(this.embeddings.forward(batch)); // [N, E] → [N, D]
    batch.trace('embeddings.output', () => x);
    for (let i = 0; i < this.layerCount; i++) {
      const group = Math.floor((i * this.groups.length) / this.layerCount);
      this.groups[group]?.forEach((layer, inner) => {
        const name = this.groups[group]?.length === 1 ? `layer.${i}` : `layer.${i}.${inner}`;
        x = layer.forward(x, batch, name);
      });
      batch.trace(`layer.${i}.output`, () => x);
    }
    return x;
  }

  pool(x: Tensor, batch: Batch): Tensor | undefined {
    return this.pooler && tanh(this.pooler.forward(pool(x, batch.offsets, 'cls')));
  }

  forward(batch: Batch): ModelOutput {
    return encoderOutput(this, batch);
  }
}

const build = (w: WeightScope, config: JsonFile) => new AlbertModel(w, config);
const heads = headsOf(build, 'albert');
const languageModel = heads.maskedLanguageModel({
  dense: 'predictions.dense',
  norm: 'predictions.LayerNorm',
  decoder: 'predictions.decoder',
  bias: 'predictions.bias',
});

export const albert: Family = {
  encoder: build,
  prefix: 'albert',
  heads: {
    ForMaskedLM: languageModel,
    ForPreTraining: languageModel,
    ForSequenceClassification: heads.pooledClassification,
    ForTokenClassification: heads.tokenClassification,
    ForQuestionAnswering: heads.questionAnswering,
  },
  ofHeads: [/^(predictions|sop_classifier|classifier|qa_outputs)\./],
  spare: [/^predictions\.(decoder\.|bias$)/, /^sop_classifier\./, /^albert\.pooler\./],
};
