/**
 * T5's encoder (Raffel et al. 2019, arXiv:1910.10683): pre-norm layers without biases, one learnt bias by distance instead of
 * positions. Letters: N tokens of the batch, D hidden size (`d_model`), H heads.
 */
import type { JsonFile } from '../json-file.js';
import { type Activation, activationNamed } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { Embedding } from '../nn/embedding.js';
import { Linear } from '../nn/linear.js';
import { t5DistanceBias } from '../nn/relative-positions.js';
import { RmsNorm } from '../nn/rms-norm.js';
import { SelfAttention } from '../nn/self-attention.js';
import { add, mul } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';

interface T5Config {
  readonly vocab_size: number;
  readonly d_model: number;
  readonly d_kv: number;
  readonly d_ff: number;
  readonly num_heads: number;
  readonly num_layers: number;
  readonly relative_attention_num_buckets: number;
  readonly relative_attention_max_distance: number;
  readonly layer_norm_epsilon: number;
  readonly activation: Activation;
  /** v1.1 and later: the activation gates a second projection. */
  readonly gated: boolean;
}

function t5Config(config: JsonFile): T5Config {
  const projection = config.string('feed_forward_proj', 'relu'); // "relu", "gated-gelu", "gated-silu"
  const gated = projection.startsWith('gated-');
  const named = gated ? projection.slice('gated-'.length) : projection;
  const buckets = config.integer('relative_attention_num_buckets', { min: 4, max: 1 << 16, fallback: 32 });
  // to each side the first half of the buckets stand for one distance each, the others share what is up to the largest
  const distance = config.integer('relative_attention_max_distance', { max: 1 << 16, fallback: 128 });
  if (distance <= buckets / 4) {
    throw config.error('relative_attention_max_distance', `is ${distance}; for ${buckets} buckets it must be larger`);
  }
  return {
    vocab_size: config.integer('vocab_size'),
    d_model: config.integer('d_model', { max: 65536 }),
    d_kv: config.integer('d_kv', { max: 65536 }),
    d_ff: config.integer('d_ff', { max: 1 << 20 }),
    num_heads: config.integer('num_heads', { max: 4096 }),
    num_layers: config.integer('num_layers', { min: 0, max: 1024 }),
    relative_attention_num_buckets: buckets,
    relative_attention_max_distance: distance,
    layer_norm_epsilon: config.number('layer_norm_epsilon', { min: 0, fallback: 1e-6 }),
    // the reference takes "gated-gelu" for the approximation by tanh
    activation: activationNamed(config, 'feed_forward_proj', projection === 'gated-gelu' ? 'gelu_new' : named),
    gated,
  };
}

class T5Block {
  readonly attentionNorm: RmsNorm;
  readonly attention: SelfAttention;
  readonly attentionOutput: Linear;
  readonly feedForwardNorm: RmsNorm;
  readonly wi: Linear;
  readonly gate: Linear | undefined;
  readonly wo: Linear;
  readonly activation: Activation;

  constructor(w: WeightScope, c: T5Config) {
    const inner = c.num_heads * c.d_kv;
    const plain = { bias: false };
    const names = { query: 'q', key: 'k', value: 'v' };
    this.attentionNorm = new RmsNorm(w.at('layer.0.layer_norm'), c.d_model, c.layer_norm_epsilon);
    this.attention = new SelfAttention(w.at('layer.0.SelfAttention'), c.d_model, c.num_heads, {
      names,
      inner,
      ...plain,
    });
    this.attentionOutput = new Linear(w.at('layer.0.SelfAttention.o'), inner, c.d_model, plain);
    this.feedForwardNorm = new RmsNorm(w.at('layer.1.layer_norm'), c.d_model, c.layer_norm_epsilon);
    const dense = w.at('layer.1.DenseReluDense');
    this.wi = new Linear(dense.at(c.gated ? 'wi_0' : 'wi'), c.d_model, c.d_ff, plain);
    this.gate = c.gated ? new Linear(dense.at('wi_1'), c.d_model, c.d_ff, plain) : undefined;
    this.wo = new Linear(dense.at('wo'), c.d_ff, c.d_model, plain);
    this.activation = c.activation;
  }

  /** `[N, D] → [N, D]`; `distanceBias` `[H, 2m + 1]`. Scores are not scaled: the initialisation did that. */
  forward(x: Tensor, batch: Batch, name: string, distanceBias: Tensor): Tensor {
    const normed = this.attentionNorm.forward(x);
    const seen = this.attention.forward(normed, batch, `${name}.attention.probs`, { scale: 1, distanceBias });
    const a = add(x, this.attentionOutput.forward(seen));
    const b = this.feedForwardNorm.forward(a);
    const widened = this.activation(this.wi.forward(b)); // [N, d_ff]
    return add(a, this.wo.forward(this.gate ? mul(widened, this.gate.forward(b)) : widened));
  }
}

export class T5EncoderModel implements Encoder {
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly shared: Embedding;
  readonly blocks: readonly T5Block[];
  readonly distanceBias: Tensor;
  readonly finalNorm: RmsNorm;

  constructor(w: WeightScope, config: JsonFile) {
    const c = t5Config(config);
    this.limits = { maxTokens: Number.POSITIVE_INFINITY, vocabSize: c.vocab_size, tokenTypes: 1 };
    this.hiddenSize = c.d_model;
    this.shared = new Embedding(w.at('shared'), c.vocab_size, c.d_model);
    this.words = this.shared.weight;
    this.blocks = Array.from({ length: c.num_layers }, (_, i) => new T5Block(w.at('encoder.block', i), c));
    const buckets = [c.relative_attention_num_buckets, c.num_heads];
    const table = w.tensor('encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight', buckets);
    this.distanceBias = t5DistanceBias(table, c.relative_attention_max_distance);
    this.finalNorm = new RmsNorm(w.at('encoder.final_layer_norm'), c.d_model, c.layer_norm_epsilon);
  }

  encode(batch: Batch): Tensor {
    let x = this.shared.forward(batch.inputIds); // [N, D]
    batch.trace('embeddings.output', () => x);
    this.blocks.forEach((block, i) => {
      x = block.forward(x, batch, `layer.${i}`, this.distanceBias);
      if (i === this.blocks.length - 1) x = this.finalNorm.forward(x);
      batch.trace(`layer.${i}.output`, () => x);
    });
    return x;
  }

  forward(batch: Batch): ModelOutput {
    return encoderOutput(this, batch);
  }
}

export const t5: Family = {
  encoder: (w, config) => new T5EncoderModel(w, config),
  prefix: '',
  heads: {},
  ofHeads: [/^(decoder|lm_head)\./, /^encoder\.embed_tokens\./],
};
