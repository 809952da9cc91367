import type { JsonFile } from '../json-file.js';
import { type Activation, activationOf } from '../nn/activation.js';
import { readPositions, readRopeBase, readSizes, type Sizes } from './family/config.js';

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
  const global = readLayerTypes(config, sizes.num_hidden_layers);
  const rope = config.object('rope_parameters', true); // newer files; older ones have two fields
  const theta = (type: string, old: string, fallback: number) =>
    rope.has(type) ? readRopeBase(rope.object(type)) : config.number(old, { min: 1, fallback });
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

/** Which layers see all of the sequence: newer files name each, older ones say every how many. */
function readLayerTypes(config: JsonFile, layers: number): boolean[] {
  const every = config.integer('global_attn_every_n_layers', { fallback: 3 });
  if (!config.has('layer_types')) return Array.from({ length: layers }, (_, i) => i % every === 0);
  const types: unknown = config.value.layer_types;
  const known = (type: unknown) => type === 'full_attention' || type === 'sliding_attention';
  if (!Array.isArray(types) || types.length !== layers || !types.every(known)) {
    throw config.error('layer_types', `must name each of the ${layers} layers full_attention or sliding_attention`);
  }
  return types.map((type) => type === 'full_attention');
}
