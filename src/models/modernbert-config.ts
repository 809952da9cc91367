import type { JsonFile } from '../json-file.js';
import { type Activation, activationOf } from '../nn/activation.js';
import { readPositions, readSizes, type Sizes } from './family/config.js';

/** What ModernBERT reads of config.json. */
export interface ModernBertConfig extends Sizes {
  readonly max_position_embeddings: number;
  readonly hidden_activation: Activation;
  readonly norm_eps: number;
  readonly norm_bias: boolean;
  readonly attention_bias: boolean;
  readonly mlp_bias: boolean;
  /** Places to each side that a local layer sees. */
  readonly window: number;
  /** For each layer whether it sees all of the sequence. */
  readonly global: readonly boolean[];
  /** Bases of the rotary frequencies. */
  readonly theta: { readonly global: number; readonly local: number };
}

export function modernBertConfig(config: JsonFile): ModernBertConfig {
  const sizes = readSizes(config);
  const every = config.integer('global_attn_every_n_layers', { fallback: 3 });
  const types = config.value.layer_types; // newer files name each layer
  const global = Array.from({ length: sizes.num_hidden_layers }, (_, i) =>
    Array.isArray(types) ? types[i] === 'full_attention' : i % every === 0,
  );
  const rope = config.object('rope_parameters', true); // newer files; older ones have two fields
  const theta = (type: string, old: string, fallback: number) =>
    rope.has(type) ? rope.object(type).number('rope_theta', { min: 1 }) : config.number(old, { min: 1, fallback });
  return {
    ...sizes,
    max_position_embeddings: readPositions(config),
    hidden_activation: activationOf(config, 'hidden_activation', 'gelu'),
    norm_eps: config.number('norm_eps', { min: 0, fallback: 1e-5 }),
    norm_bias: config.boolean('norm_bias', false),
    attention_bias: config.boolean('attention_bias', false),
    mlp_bias: config.boolean('mlp_bias', false),
    window: Math.floor(config.integer('local_attention', { fallback: 128 }) / 2),
    global,
    theta: {
      global: theta('full_attention', 'global_rope_theta', 160000),
      local: theta('sliding_attention', 'local_rope_theta', 10000),
    },
  };
}
