/**
 * ModernBERT (Warner et al. 2024, arXiv:2412.13663): pre-norm layers with rotary positions and gated feed-forward blocks; most
 * layers look at their surroundings only. Letters: N tokens of the batch, S sequences, D hidden size, I `intermediate_size`.
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
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';
import { type ModernBertConfig, modernBertConfig } from './modernbert-config.js';
import { modernBertHeads } from './modernbert-heads.js';

class ModernBertLayer {
  /** The first layer has none: the embeddings are normed already. */
  readonly attentionNorm: LayerNorm | undefined;
  readonly attention: RotaryAttention;
  readonly attentionOutput: Linear;
  readonly mlpNorm: LayerNorm;
  readonly wi: Linear;
  readonly wo: Linear;
  readonly activation: Activation;
  readonly intermediateSize: number;

  constructor(w: WeightScope, c: ModernBertConfig, index: number) {
    const norm = (name: string) => new LayerNorm(w.at(name), c.hidden_size, c.norm_eps, { bias: c.norm_bias });
    const bias = c.attention_bias;
    this.attentionNorm = index === 0 ? undefined : norm('attn_norm');
    this.attention = new RotaryAttention(w.at('attn.Wqkv'), c.hidden_size, c.num_attention_heads, { bias });
    this.attentionOutput = new Linear(w.at('attn.Wo'), c.hidden_size, c.hidden_size, { bias });
    this.mlpNorm = norm('mlp_norm');
    this.wi = new Linear(w.at('mlp.Wi'), c.hidden_size, 2 * c.intermediate_size, { bias: c.mlp_bias });
    this.wo = new Linear(w.at('mlp.Wo'), c.intermediate_size, c.hidden_size, { bias: c.mlp_bias });
    this.activation = c.hidden_activation;
    this.intermediateSize = c.intermediate_size;
  }

  /** `[N, D] → [N, D]` */
  forward(x: Tensor, batch: Batch, name: string, tables: RopeTables, window: number | undefined): Tensor {
    const normed = this.attentionNorm?.forward(x) ?? x;
    const scores = window === undefined ? {} : { window };
    const seen = this.attention.forward(normed, batch, `${name}.attention.probs`, tables, scores);
    const a = add(x, this.attentionOutput.forward(seen));
    const both = this.wi.forward(this.mlpNorm.forward(a)); // [N, 2I]
    const size = this.intermediateSize;
    const gated = mul(this.activation(slice(both, 1, 0, size)), slice(both, 1, size, 2 * size)); // [N, I]
    return add(a, this.wo.forward(gated));
  }
}

export class ModernBertModel implements Encoder {
  readonly config: ModernBertConfig;
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly word: Embedding;
  readonly embeddingNorm: LayerNorm;
  readonly layers: readonly ModernBertLayer[];
  readonly finalNorm: LayerNorm;
  readonly tables: { readonly global: RopeTables; readonly local: RopeTables };

  constructor(w: WeightScope, config: JsonFile) {
    const c = modernBertConfig(config);
    const norm = (name: string) => new LayerNorm(w.at(name), c.hidden_size, c.norm_eps, { bias: c.norm_bias });
    this.config = c;
    this.limits = { maxTokens: c.max_position_embeddings, vocabSize: c.vocab_size, tokenTypes: 1 };
    this.hiddenSize = c.hidden_size;
    this.word = new Embedding(w.at('embeddings.tok_embeddings'), c.vocab_size, c.hidden_size);
    this.words = this.word.weight;
    this.embeddingNorm = norm('embeddings.norm');
    this.layers = Array.from({ length: c.num_hidden_layers }, (_, i) => new ModernBertLayer(w.at('layers', i), c, i));
    this.finalNorm = norm('final_norm');
    const table = (theta: number) =>
      ropeTables(c.max_position_embeddings, c.hidden_size / c.num_attention_heads, theta);
    this.tables = { global: table(c.theta.global), local: table(c.theta.local) };
  }

  encode(batch: Batch): Tensor {
    let x = this.embeddingNorm.forward(this.word.forward(batch.inputIds)); // [N, D]
    batch.trace('embeddings.output', () => x);
    this.layers.forEach((layer, i) => {
      const global = this.config.global[i] ?? true;
      const tables = global ? this.tables.global : this.tables.local;
      x = layer.forward(x, batch, `layer.${i}`, tables, global ? undefined : this.config.window);
      if (i === this.layers.length - 1) x = this.finalNorm.forward(x);
      batch.trace(`layer.${i}.output`, () => x);
    });
    return x;
  }

  forward(batch: Batch): ModelOutput {
    return encoderOutput(this, batch);
  }
}

const build = (w: WeightScope, config: JsonFile) => new ModernBertModel(w, config);

export const modernbert: Family = {
  encoder: build,
  prefix: 'model',
  heads: modernBertHeads(build),
  ofHeads: [/^(head|decoder|classifier)\./],
  spare: [/^decoder\.weight$/],
};
