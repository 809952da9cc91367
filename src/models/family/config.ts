/** The fields of config.json that nearly every family has, under BERT's names. */
import type { JsonFile } from '../../json-file.js';
import { type Activation, activationOf } from '../../nn/activation.js';

export interface Sizes {
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
}

/** @throws ConfigError that names the field. */
export function readSizes(config: JsonFile): Sizes {
  if (config.boolean('is_decoder', false)) throw config.error('is_decoder', 'is true; only encoders are supported');
  const hidden_size = config.integer('hidden_size', { max: 65536 });
  return {
    vocab_size: config.integer('vocab_size'),
    hidden_size,
    num_hidden_layers: config.integer('num_hidden_layers', { min: 0, max: 1024 }),
    num_attention_heads: readHeads(config, 'num_attention_heads', 'hidden_size', hidden_size),
    intermediate_size: config.integer('intermediate_size', { max: 1 << 20 }),
  };
}

/** Heads, which must divide the width they share. */
export function readHeads(config: JsonFile, field: string, widthField: string, width: number): number {
  const heads = config.integer(field, { max: 4096 });
  if (width % heads === 0) return heads;
  throw config.error(field, `is ${heads}, which does not divide ${widthField} ${width}`);
}

export interface PostNorm {
  readonly layer_norm_eps: number;
  readonly hidden_act: Activation;
}

export function readPostNorm(config: JsonFile, fallback: { eps: number }): PostNorm {
  return {
    layer_norm_eps: config.number('layer_norm_eps', { min: 0, fallback: fallback.eps }),
    hidden_act: activationOf(config, 'hidden_act', 'gelu'),
  };
}

/** Rows of a table of positions. */
export function readPositions(config: JsonFile, field = 'max_position_embeddings'): number {
  return config.integer(field, { max: 1 << 24 });
}

/** The base of rotary frequencies; newer files keep it in `rope_parameters`. Scaled frequencies are refused, not ignored. */
export function readRopeTheta(config: JsonFile, field: string, fallback: number): number {
  if (config.has('rope_scaling'))
    throw config.error('rope_scaling', 'is set; only unscaled rotary positions are supported');
  if (!config.has('rope_parameters')) return config.number(field, { min: 1, fallback });
  return readRopeBase(config.object('rope_parameters'), fallback);
}

/** The base that an entry of `rope_parameters` names. */
export function readRopeBase(rope: JsonFile, fallback?: number): number {
  const type = rope.string('rope_type', 'default');
  if (type !== 'default') throw rope.error('rope_type', `is "${type}"; supported: default`);
  return rope.number('rope_theta', { min: 1, ...(fallback !== undefined && { fallback }) });
}
