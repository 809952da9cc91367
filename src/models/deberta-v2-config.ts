import type { JsonFile } from '../json-file.js';
import { type PostNorm, readPositions, readPostNorm, readSizes, type Sizes } from './family/config.js';

/** What DeBERTa-v2 reads of config.json. */
export interface DebertaV2Config extends Sizes, PostNorm {
  readonly embedding_size: number;
  readonly max_position_embeddings: number;
  readonly type_vocab_size: number;
  readonly position_biased_input: boolean;
  readonly relative_attention: boolean;
  readonly max_relative_positions: number;
  /** 0: every distance has its own row. */
  readonly position_buckets: number;
  readonly share_att_key: boolean;
  /** c2p: contents' queries meet positions; p2c: contents' keys do. */
  readonly posAttTypes: readonly ('c2p' | 'p2c')[];
  readonly normRelative: boolean;
  /** Rows that the convolution sees; 0: there is none. */
  readonly conv_kernel_size: number;
}

export function debertaV2Config(config: JsonFile): DebertaV2Config {
  const sizes = readSizes(config);
  const max_position_embeddings = readPositions(config);
  const relative = config.integer('max_relative_positions', { min: -1, max: 1 << 20, fallback: -1 });
  return {
    ...sizes,
    ...readPostNorm(config, { eps: 1e-7 }),
    embedding_size: config.integer('embedding_size', { max: 65536, fallback: sizes.hidden_size }),
    max_position_embeddings,
    type_vocab_size: config.integer('type_vocab_size', { min: 0, fallback: 0 }),
    position_biased_input: config.boolean('position_biased_input', true),
    relative_attention: config.boolean('relative_attention', false),
    max_relative_positions: relative < 1 ? max_position_embeddings : relative,
    position_buckets: Math.max(config.integer('position_buckets', { min: -1, max: 1 << 20, fallback: -1 }), 0),
    share_att_key: config.boolean('share_att_key', false),
    posAttTypes: readPosAttTypes(config),
    normRelative: config.string('norm_rel_ebd', 'none').split('|').includes('layer_norm'),
    conv_kernel_size: readConvolution(config),
  };
}

function readConvolution(config: JsonFile): number {
  const size = config.integer('conv_kernel_size', { min: 0, max: 255, fallback: 0 });
  if (size > 0 && size % 2 === 0) throw config.error('conv_kernel_size', `is ${size}; it must be odd`);
  if (size > 0 && config.integer('conv_groups', { fallback: 1 }) !== 1) throw config.error('conv_groups', 'must be 1');
  return size;
}

/** A list, or in older files one string: `p2c|c2p`. */
function readPosAttTypes(config: JsonFile): ('c2p' | 'p2c')[] {
  const { pos_att_type: given = [] } = config.value;
  const types = typeof given === 'string' ? given.split('|').filter((type) => type !== '') : given;
  const known = (type: unknown): type is 'c2p' | 'p2c' => type === 'c2p' || type === 'p2c';
  if (types === null) return [];
  if (!Array.isArray(types) || !types.every(known)) {
    throw config.error('pos_att_type', 'must be a list of "c2p" and "p2c", or both in one string with | between them');
  }
  return [...new Set(types)];
}
