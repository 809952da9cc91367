/**
 * Nomic BERT (Nussbaum et al. 2024, arXiv:2402.01613): BERT with rotary positions, no biases, and gated feed-forward blocks
 * (SwiGLU). Letters: N tokens of the batch, D hidden size.
 */
import type { JsonFile } from '../json-file.js';
import type { Activation } from '../nn/activation.js';
import { activationOf } from '../nn/activation.js';
import type { Batch, ModelOutput } from '../nn/batch.js';
import { Embedding } from '../nn/embedding.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { Linear } from '../nn/linear.js';
import { ropeTables } from '../nn/rope-tables.js';
import { RotaryAttention } from '../nn/self-attention.js';
import { add, mul, type RopeTables, silu } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import { readHeads, readPositions, readRopeTheta, readSizes, type Sizes } from './family/config.js';
import { type Encoder, encoderOutput, type Family, type Limits } from './family/family.js';

interface NomicBertConfig extends Sizes {
  readonly max_position_embeddings: number;
  readonly type_vocab_size: number;
  readonly layer_norm_eps: number;
  readonly activation: Activation;
  readonly theta: number;
}

/** transformers writes BERT's field names; the files its authors published have GPT-2's (`n_embd`), and switches. */
function nomicBertConfig(config: JsonFile): NomicBertConfig {
  const type_vocab_size = config.integer('type_vocab_size', { min: 0, fallback: 2 });
  if (!config.has('n_embd')) {
    return {
      ...readSizes(config),
      max_position_embeddings: readPositions(config),
      type_vocab_size,
      layer_norm_eps: config.number('layer_norm_eps', { min: 0, fallback: 1e-12 }),
      activation: activationOf(config, 'hidden_act', 'silu'),
      theta: readRopeTheta(config, 'rotary_emb_base', 1000),
    };
  }
  const only = { activation_function: 'swiglu', prenorm: false, rotary_emb_fraction: 1, qkv_proj_bias: false };
  for (const [field, wanted] of Object.entries(only)) {
    if (config.has(field) && config.value[field] !== wanted) throw config.error(field, `must be ${wanted}`);
  }
  const hidden_size = config.integer('n_embd', { max: 65536 });
  return {
    vocab_size: config.integer('vocab_size'),
    hidden_size,
    num_hidden_layers: config.integer('n_layer', { min: 0, max: 1024 }),
    num_attention_heads: readHeads(config, 'n_head', 'n_embd', hidden_size),
    intermediate_size: config.integer('n_inner', { max: 1 << 20 }),
    max_position_embeddings: readPositions(config, 'n_positions'),
    type_vocab_size,
    layer_norm_eps: config.number('layer_norm_epsilon', { min: 0, fallback: 1e-12 }),
    activation: silu,
    theta: readRopeTheta(config, 'rotary_emb_base', 1000),
  };
}

class NomicBertLayer {
  readonly attention: RotaryAttention;
  readonly attentionOutput: Linear;
  readonly attentionNorm: LayerNorm;
  readonly up: Linear;
  readonly gate: Linear;
  readonly down: Linear;
  readonly outputNorm: LayerNorm;
  readonly activation: Activation;

  constructor(w: WeightScope, c: NomicBertConfig) {
    const plain = { bias: false };
    this.attention = new RotaryAttention(w.at('attn.Wqkv'), c.hidden_size, c.num_attention_heads, plain);
    this.attentionOutput = new Linear(w.at('attn.out_proj'), c.hidden_size, c.hidden_size, plain);
    this.attentionNorm = new LayerNorm(w.at('norm1'), c.hidden_size, c.layer_norm_eps);
    this.up = new Linear(w.at('mlp.fc11'), c.hidden_size, c.intermediate_size, plain);
    this.gate = new Linear(w.at('mlp.fc12'), c.hidden_size, c.intermediate_size, plain);
    this.down = new Linear(w.at('mlp.fc2'), c.intermediate_size, c.hidden_size, plain);
    this.outputNorm = new LayerNorm(w.at('norm2'), c.hidden_size, c.layer_norm_eps);
    this.activation = c.activation;
  }

  /** `[N, D] → [N, D]` */
  forward(x: Tensor, batch: Batch, name: string, tables: RopeTables): Tensor {
    const attended = this.attention.forward(x, batch, `${name}.attention.probs`, tables);
    const a = this.attentionNorm.forward(add(x, this.attentionOutput.forward(attended)));
    const gated = mul(this.activation(this.gate.forward(a)), this.up.forward(a)); // [N, intermediate_size]
    return this.outputNorm.forward(add(a, this.down.forward(gated)));
  }
}

export class NomicBertModel implements Encoder {
  readonly limits: Limits;
  readonly hiddenSize: number;
  readonly words: Tensor;
  readonly word: Embedding;
  readonly tokenType: Embedding | undefined;
  readonly norm: LayerNorm;
  readonly layers: readonly NomicBertLayer[];
  readonly tables: RopeTables;

  constructor(w: WeightScope, config: JsonFile) {
    const c = nomicBertConfig(config);
    const { max_position_embeddings: longest, type_vocab_size: segments, hidden_size } = c;
    this.limits = { maxTokens: longest, vocabSize: c.vocab_size, tokenTypes: Math.max(segments, 1) };
    this.hiddenSize = hidden_size;
    this.word = new Embedding(w.at('embeddings.word_embeddings'), c.vocab_size, hidden_size);
    this.words = this.word.weight;
    const types = w.at('embeddings.token_type_embeddings');
    this.tokenType = segments > 0 ? new Embedding(types, segments, hidden_size) : undefined;
    this.norm = new LayerNorm(w.at('emb_ln'), hidden_size, c.layer_norm_eps);
    this.layers = Array.from(
      { length: c.num_hidden_layers },
      (_, i) => new NomicBertLayer(w.at('encoder.layers', i), c),
    );
    this.tables = ropeTables(longest, hidden_size / c.num_attention_heads, c.theta);
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

export const nomicBert: Family = {
  encoder: (w, config) => new NomicBertModel(w, config),
  prefix: 'bert',
  heads: {},
  ofHeads: [/^(cls|classifier|pooler)\./],
};
