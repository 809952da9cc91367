/**
 * GTE (Zhang et al. 2024, arXiv:2407.19669): BERT with rotary positions, q, k and v in one matrix, and gated feed-forward
 * blocks. `model_type` is `gte`, or `new` in the files its authors published. Letters: N tokens of the batch, D hidden size, I
 * `intermediate_size`.
 */
import type { JsonFile } from '../json-file.js';
import type { Activation } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { Embedding } from '../nn/embedding.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { ropeTables } from '../nn/rope-tables.js';
import { RotaryAttention } from '../nn/self-attention.js';
import { add, mul, type RopeTables, slice } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { type PostNorm, readPositions, readPostNorm, readRopeTheta, readSizes, type Sizes } from './family/config.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';

class GteLayer {
  readonly attention: RotaryAttention;
  readonly attentionOutput: Linear;
  readonly attentionNorm: LayerNorm;
  readonly upGate: Linear;
  readonly down: Linear;
  readonly outputNorm: LayerNorm;
  readonly activation: Activation;
  readonly intermediateSize: number;

  constructor(w: WeightScope, c: Sizes & PostNorm) {
    const heads = c.num_attention_heads;
    this.attention = new RotaryAttention(w.at('attention.qkv_proj'), c.hidden_size, heads, { bias: true });
    this.attentionOutput = new Linear(w.at('attention.o_proj'), c.hidden_size, c.hidden_size);
    this.attentionNorm = new LayerNorm(w.at('attn_ln'), c.hidden_size, c.layer_norm_eps);
    this.upGate = new Linear(w.at('mlp.up_gate_proj'), c.hidden_size, 2 * c.intermediate_size, { bias: false });
    this.down = new Linear(w.at('mlp.down_proj'), c.intermediate_size, c.hidden_size);
    this.outputNorm = new LayerNorm(w.at('mlp_ln'), c.hidden_size, c.layer_norm_eps);
    this.activation = c.hidden_act;
    this.intermediateSize = c.intermediate_size;
  }

  /** `[N, D] → [N, D]` */
  forward(x: Tensor, batch: Batch, name: string, tables: RopeTables): Tensor {
    const attended = this.attention.forward(x, batch, `${name}.attention.probs`, tables);
    const a = this.attentionNorm.forward(add(x, this.attentionOutput.forward(attended)));
    const both = this.upGate.forward(a); // [N, 2I]: up, then gate
    const size = this.intermediateSize;
    const gated = mul(this.activation(slice(both, 1, size, 2 * size)), slice(both, 1, 0, size)); // [N, I]
    return this.outputNorm.forward(add(a, this.down.forward(gated)));
  }
}

export class GteModel implements Encoder {
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly word: Embedding;
  readonly tokenType: Embedding | undefined;
  readonly norm: LayerNorm;
  readonly layers: readonly GteLayer[];
  readonly tables: RopeTables;

  constructor(w: WeightScope, config: JsonFile) {
    const c = { ...readSizes(config), ...readPostNorm(config, { eps: 1e-12 }) };
    const segments = config.integer('type_vocab_size', { min: 0, fallback: 0 });
    const longest = readPositions(config);
    this.limits = { maxTokens: longest, vocabSize: c.vocab_size, tokenTypes: Math.max(segments, 1) };
    this.hiddenSize = c.hidden_size;
    const embeddings = w.at('embeddings');
    this.word = new Embedding(embeddings.at('word_embeddings'), c.vocab_size, c.hidden_size);
    this.words = this.word.weight;
    const types = embeddings.at('token_type_embeddings');
    this.tokenType = segments > 0 ? new Embedding(types, segments, c.hidden_size) : undefined;
    this.norm = new LayerNorm(embeddings.at('LayerNorm'), c.hidden_size, c.layer_norm_eps);
    this.layers = Array.from({ length: c.num_hidden_layers }, (_, i) => new GteLayer(w.at('encoder.layer', i), c));
    this.tables = ropeTables(
      longest,
      c.hidden_size / c.num_attention_heads,
      readRopeTheta(config, 'rope_theta', 10000),
    );
  }

  encode(batch: Batch): Tensor {
    const words = this.word.forward(batch.inputIds); // [N, D]
    const types = this.tokenType?.forward(batch.tokenTypeIds);
    let x = this.norm.forward(types ? add(words, types) : words);
    batch.trace('embeddings.output', () => x);
    this.layers.forEach((layer, i) => {
      x = layer.forward(x, batch, `layer.${i}`, this.tables);
      batch.trace(`layer.${i}.output`, () => x);
    });
    return x;
  }

  forward(batch: Batch): ModelOutput {
    return encoderOutput(this, batch);
  }
}

export const gte: Family = {
  encoder: (w, config) => new GteModel(w, config),
  prefix: 'new',
  heads: {},
  ofHeads: [/^(pooler|classifier|lm_head)\./],
};
