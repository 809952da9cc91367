/**
 * DeBERTa-v2 and v3 (He et al. 2020, arXiv:2006.03654): BERT's layers whose attention also compares contents with relative
 * positions. Letters: N tokens of the batch, S sequences, D hidden size, R rows of relative embeddings.
 */
import type { JsonFile } from '../json-file.js';
import { type Activation, activationOf } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { debertaDistances } from '../nn/relative-positions.js';
import { SelfAttention } from '../nn/self-attention.js';
import { add } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { type DebertaV2Config, debertaV2Config } from './deberta-v2-config.js';
import { Convolution } from './deberta-v2-convolution.js';
import { DebertaV2Embeddings } from './deberta-v2-embeddings.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';
import { headsOf } from './family/heads.js';

/** The rows of relative embeddings `[R, D]`, normed, and which of them belongs to what distance. */
interface Relative {
  readonly embeddings: Tensor;
  readonly distances: Tensor;
}

class DebertaV2Layer {
  readonly attention: SelfAttention;
  readonly attentionOutput: Linear;
  readonly attentionNorm: LayerNorm;
  readonly intermediate: Linear;
  readonly output: Linear;
  readonly outputNorm: LayerNorm;
  readonly activation: Activation;
  readonly scale: number;
  /** What queries meet (content to position) and what meets keys (position to content), `[R, D]`: the same for every text. */
  readonly relative: { readonly keys?: Tensor; readonly queries?: Tensor; readonly distances: Tensor } | undefined;

  constructor(w: WeightScope, c: DebertaV2Config, relative: Relative | undefined) {
    const names = { query: 'query_proj', key: 'key_proj', value: 'value_proj' };
    const self = w.at('attention.self');
    this.attention = new SelfAttention(self, c.hidden_size, c.num_attention_heads, { names });
    this.attentionOutput = new Linear(w.at('attention.output.dense'), c.hidden_size, c.hidden_size);
    this.attentionNorm = new LayerNorm(w.at('attention.output.LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.intermediate = new Linear(w.at('intermediate.dense'), c.hidden_size, c.intermediate_size);
    this.output = new Linear(w.at('output.dense'), c.intermediate_size, c.hidden_size);
    this.outputNorm = new LayerNorm(w.at('output.LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.activation = c.hidden_act;
    // every term has its share of the variance
    const terms = 1 + (relative ? c.posAttTypes.length : 0);
    this.scale = 1 / Math.sqrt((c.hidden_size / c.num_attention_heads) * terms);
    if (!relative) return;
    const { hidden_size: size } = c;
    const project = (shared: Linear, name: string, bias: boolean) =>
      (c.share_att_key ? shared : new Linear(self.at(name), size, size, { bias })).forward(relative.embeddings);
    this.relative = {
      ...(c.posAttTypes.includes('c2p') ? { keys: project(this.attention.key, 'pos_key_proj', true) } : {}),
      ...(c.posAttTypes.includes('p2c') ? { queries: project(this.attention.query, 'pos_query_proj', true) } : {}),
      distances: relative.distances,
    };
  }

  /** `[N, D] → [N, D]` */
  forward(x: Tensor, batch: Batch, name: string): Tensor {
    const scores = { scale: this.scale, ...(this.relative ? { relative: this.relative } : {}) };
    const seen = this.attention.forward(x, batch, `${name}.attention.probs`, scores);
    const a = this.attentionNorm.forward(add(x, this.attentionOutput.forward(seen)));
    const widened = this.activation(this.intermediate.forward(a)); // [N, intermediate_size]
    return this.outputNorm.forward(add(a, this.output.forward(widened)));
  }
}

export class DebertaV2Model implements Encoder {
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly embeddings: DebertaV2Embeddings;
  readonly layers: readonly DebertaV2Layer[];
  readonly convolution: Convolution | undefined;

  constructor(w: WeightScope, config: JsonFile) {
    const c = debertaV2Config(config);
    const longest = c.position_biased_input ? c.max_position_embeddings : Number.POSITIVE_INFINITY;
    this.limits = { maxTokens: longest, vocabSize: c.vocab_size, tokenTypes: Math.max(c.type_vocab_size, 1) };
    this.hiddenSize = c.hidden_size;
    this.embeddings = new DebertaV2Embeddings(w.at('embeddings'), c);
    this.words = this.embeddings.word.weight;
    const relative = c.relative_attention ? this.relative(w.at('encoder'), c) : undefined;
    const layer = (_: unknown, i: number) => new DebertaV2Layer(w.at('encoder.layer', i), c, relative);
    this.layers = Array.from({ length: c.num_hidden_layers }, layer);
    this.convolution = c.conv_kernel_size > 0 ? new Convolution(w.at('encoder.conv'), config, c) : undefined;
  }

  private relative(w: WeightScope, c: DebertaV2Config): Relative {
    const span = c.position_buckets > 0 ? c.position_buckets : c.max_relative_positions;
    const table = w.tensor('rel_embeddings.weight', [2 * span, c.hidden_size]);
    const norm = c.normRelative ? new LayerNorm(w.at('LayerNorm'), c.hidden_size, c.layer_norm_eps) : undefined;
    const distances = debertaDistances(span, c.position_buckets, c.max_relative_positions);
    return { embeddings: norm?.forward(table) ?? table, distances };
  }

  encode(batch: Batch): Tensor {
    const embedded = this.embeddings.forward(batch); // [N, D]
    let x = embedded;
    batch.trace('embeddings.output', () => x);
    this.layers.forEach((layer, i) => {
      x = layer.forward(x, batch, `layer.${i}`);
      if (i === 0 && this.convolution) x = this.convolution.forward(embedded, x, batch);
      batch.trace(`layer.${i}.output`, () => x);
    });
    return x;
  }

  forward(batch: Batch): ModelOutput {
    return encoderOutput(this, batch);
  }
}

const build = (w: WeightScope, config: JsonFile) => new DebertaV2Model(w, config);
const heads = headsOf(build, 'deberta');

export const debertaV2: Family = {
  encoder: build,
  prefix: 'deberta',
  heads: {
    ForMaskedLM: heads.maskedLanguageModel({
      dense: 'cls.predictions.transform.dense',
      norm: 'cls.predictions.transform.LayerNorm',
      decoder: 'cls.predictions.decoder',
      bias: 'cls.predictions.bias',
    }),
    ForSequenceClassification: heads.firstTokenClassification({
      dense: 'pooler.dense',
      activation: (config) => activationOf(config, 'pooler_hidden_act', 'gelu'),
      out: 'classifier',
    }),
    ForTokenClassification: heads.tokenClassification,
    ForQuestionAnswering: heads.questionAnswering,
  },
  ofHeads: [/^(cls|lm_predictions|mask_predictions|pooler|classifier|qa_outputs)\./],
  spare: [/^(cls\.predictions\.(decoder\.|bias$)|lm_predictions\.|mask_predictions\.)/],
};
