/**
 * MPNet (Song et al. 2020, arXiv:2004.09297): BERT without segments, with one learnt bias by relative position for all layers.
 * Letters: N tokens of the batch, S sequences, D hidden size, H heads.
 */
import type { JsonFile } from '../json-file.js';
import type { Activation } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { Embedding } from '../nn/embedding.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { t5DistanceBias } from '../nn/relative-positions.js';
import { SelfAttention } from '../nn/self-attention.js';
import { add, gelu, pool, positions, tanh } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { type PostNorm, readPositions, readPostNorm, readSizes, type Sizes } from './family/config.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';
import { headsOf } from './family/heads.js';

/** Not in config.json: the reference has both in its code. */
const paddingId = 1;
const maxDistance = 128;

class MPNetLayer {
  readonly attention: SelfAttention;
  readonly attentionOutput: Linear;
  readonly attentionNorm: LayerNorm;
  readonly intermediate: Linear;
  readonly output: Linear;
  readonly outputNorm: LayerNorm;
  readonly activation: Activation;

  constructor(w: WeightScope, c: Sizes & PostNorm) {
    const names = { query: 'q', key: 'k', value: 'v' };
    this.attention = new SelfAttention(w.at('attention.attn'), c.hidden_size, c.num_attention_heads, { names });
    this.attentionOutput = new Linear(w.at('attention.attn.o'), c.hidden_size, c.hidden_size);
    this.attentionNorm = new LayerNorm(w.at('attention.LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.intermediate = new Linear(w.at('intermediate.dense'), c.hidden_size, c.intermediate_size);
    this.output = new Linear(w.at('output.dense'), c.intermediate_size, c.hidden_size);
    this.outputNorm = new LayerNorm(w.at('output.LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.activation = c.hidden_act;
  }

  /** `[N, D] → [N, D]`; `distanceBias` `[H, 2m + 1]` */
  forward(x: Tensor, batch: Batch, name: string, distanceBias: Tensor): Tensor {
    const seen = this.attention.forward(x, batch, `${name}.attention.probs`, { distanceBias });
    const a = this.attentionNorm.forward(add(x, this.attentionOutput.forward(seen)));
    const widened = this.activation(this.intermediate.forward(a)); // [N, intermediate_size]
    return this.outputNorm.forward(add(a, this.output.forward(widened)));
  }
}

export class MPNetModel implements Encoder {
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly word: Embedding;
  readonly position: Embedding;
  readonly norm: LayerNorm;
  readonly layers: readonly MPNetLayer[];
  readonly distanceBias: Tensor;
  readonly pooler: Linear | undefined;

  constructor(w: WeightScope, config: JsonFile) {
    const c = { ...readSizes(config), ...readPostNorm(config, { eps: 1e-12 }) };
    const table = readPositions(config);
    const buckets = config.integer('relative_attention_num_buckets', { min: 4, max: 1 << 16, fallback: 32 });
    this.limits = { maxTokens: Math.max(table - paddingId - 1, 0), vocabSize: c.vocab_size, tokenTypes: 1 };
    this.hiddenSize = c.hidden_size;
    this.word = new Embedding(w.at('embeddings.word_embeddings'), c.vocab_size, c.hidden_size);
    this.words = this.word.weight;
    this.position = new Embedding(w.at('embeddings.position_embeddings'), table, c.hidden_size);
    this.norm = new LayerNorm(w.at('embeddings.LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.layers = Array.from({ length: c.num_hidden_layers }, (_, i) => new MPNetLayer(w.at('encoder.layer', i), c));
    const bias = w.tensor('encoder.relative_attention_bias.weight', [buckets, c.num_attention_heads]);
    this.distanceBias = t5DistanceBias(bias, maxDistance);
    const pooler = w.at('pooler.dense');
    this.pooler = pooler.has('weight') ? new Linear(pooler, c.hidden_size, c.hidden_size) : undefined;
  }

  encode(batch: Batch): Tensor {
    const places = positions(batch.offsets, { inputIds: batch.inputIds, padding: paddingId });
    let x = this.norm.forward(add(this.word.forward(batch.inputIds), this.position.forward(places))); // [N, D]
    batch.trace('embeddings.output', () => x);
    this.layers.forEach((layer, i) => {
      x = layer.forward(x, batch, `layer.${i}`, this.distanceBias);
      batch.trace(`layer.${i}.output`, () => x);
    });
    return x;
  }

  pool(x: Tensor, batch: Batch): Tensor | undefined {
    return this.pooler && tanh(this.pooler.forward(pool(x, batch.offsets, 'cls')));
  }

  forward(batch: Batch): ModelOutput {
    return encoderOutput(this, batch);
  }
}

const build = (w: WeightScope, config: JsonFile) => new MPNetModel(w, config);
const heads = headsOf(build, 'mpnet');

export const mpnet: Family = {
  encoder: build,
  prefix: 'mpnet',
  heads: {
    ForMaskedLM: heads.maskedLanguageModel({
      dense: 'lm_head.dense',
      norm: 'lm_head.layer_norm',
      decoder: 'lm_head.decoder',
      bias: 'lm_head.bias',
      activation: () => gelu,
    }),
    ForSequenceClassification: heads.firstTokenClassification({
      dense: 'classifier.dense',
      activation: () => tanh,
      out: 'classifier.out_proj',
    }),
    ForTokenClassification: heads.tokenClassification,
    ForQuestionAnswering: heads.questionAnswering,
  },
  ofHeads: [/^(lm_head|classifier|qa_outputs)\./],
  spare: [/^lm_head\.(decoder\.|bias$)/, /^mpnet\.pooler\./],
};
