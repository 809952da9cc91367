import { describe, type JsonFile } from '../../../json-file.js';
import type { Encoder } from '../../../models/index.js';
import type { Batch } from '../../../nn/batch.js';
import { concat, type PoolMode, pool } from '../../../ops/index.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { checkWidth } from './module.js';

/** sentence-transformers' names of the modes; one has two. */
const modes: Readonly<Record<string, PoolMode>> = {
  cls: 'cls',
  max: 'max',
  mean: 'mean',
  mean_sqrt_len: 'mean_sqrt_len',
  mean_sqrt_len_tokens: 'mean_sqrt_len',
  weightedmean: 'weighted_mean',
  lasttoken: 'last',
};

/** The boolean form: a field for each mode, in the order in which their results stand. None of them true: the mean. */
const flags: Readonly<Record<string, string>> = {
  pooling_mode_cls_token: 'cls',
  pooling_mode_max_tokens: 'max',
  pooling_mode_mean_tokens: 'mean',
  pooling_mode_mean_sqrt_len_tokens: 'mean_sqrt_len_tokens',
  pooling_mode_weightedmean_tokens: 'weightedmean',
  pooling_mode_lasttoken: 'lasttoken',
};

/** What makes one row a text of its tokens' rows. */
export interface TextPooling {
  /** sentence-transformers' names, in output order. */
  readonly modes: readonly string[];
  readonly includePrompt: boolean;
  readonly outFeatures: number;
  /**
   * `[N, D] → [S, outFeatures]`. @param start `[S]`: tokens of the prompt, left out unless `includePrompt`. @param weights
   * `[N, 1]`: of tokens, where a WordWeights module stands before.
   */
  forward(x: Tensor, batch: Batch, start: Tensor | undefined, weights?: Tensor): Tensor;
}

/** Token rows to one row a text; several modes stand side by side. */
export class Pooling implements TextPooling {
  readonly modes: readonly string[];
  readonly includePrompt: boolean;
  readonly outFeatures: number;

  /** @param config the module's config.json. @param inFeatures D, the width of the token rows. */
  constructor(config: JsonFile, inFeatures: number) {
    this.modes = modesOf(config);
    this.includePrompt = config.boolean('include_prompt', true);
    this.outFeatures = this.modes.length * inFeatures;
    checkWidth(config, ['word_embedding_dimension', 'embedding_dimension'], inFeatures);
  }

  forward(x: Tensor, { offsets }: Batch, start: Tensor | undefined, weights?: Tensor): Tensor {
    const pooled = this.modes.map((name) => pool(x, offsets, modes[name] ?? 'mean', start, weights));
    return pooled.length === 1 && pooled[0] ? pooled[0] : concat(pooled, 1);
  }
}

/** The transformer's own pooler, where the settings choose its output. @throws ConfigError if the checkpoint has none. */
export function ownPooling(encoder: Encoder, settings: JsonFile): TextPooling {
  return {
    modes: ['pooler_output'],
    includePrompt: true,
    outFeatures: encoder.hiddenSize,
    forward(x, batch) {
      const pooled = encoder.pool?.(x, batch);
      if (pooled) return pooled;
      const field = 'modality_config.text.method_output_name';
      throw settings.error(field, 'is "pooler_output", but the checkpoint has no pooler');
    },
  };
}

function modesOf(config: JsonFile): string[] {
  if (config.has('pooling_mode')) {
    const { pooling_mode: value } = config.value;
    const names: unknown[] = Array.isArray(value) ? value : [value];
    for (const name of names) {
      if (typeof name !== 'string' || !Object.hasOwn(modes, name)) {
        throw config.error('pooling_mode', `is ${describe(name)}; supported: ${Object.keys(modes).join(', ')}`);
      }
    }
    if (names.length === 0) throw config.error('pooling_mode', 'is empty');
    if (new Set(names).size < names.length) throw config.error('pooling_mode', 'names a mode twice');
    return names as string[];
  }
  for (const field of Object.keys(config.value)) {
    if (field.startsWith('pooling_mode_') && config.boolean(field) && !Object.hasOwn(flags, field)) {
      throw config.error(field, `is not a known pooling mode; supported: ${Object.keys(flags).join(', ')}`);
    }
  }
  const names = Object.entries(flags).flatMap(([flag, name]) => (config.boolean(flag, false) ? [name] : []));
  return names.length === 0 ? ['mean'] : names;
}
