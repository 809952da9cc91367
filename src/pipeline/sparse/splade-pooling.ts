import { join } from 'node:path';
import { ConfigError } from '../../errors.js';
import { JsonFile } from '../../json-file.js';
import type { ModuleEntry } from '../folder/sentence-folder.js';

/**
 * Logits of a masked language model to one weight for each token of the vocabulary: log(1 + relu(x)), its largest or its
 * sum over a text's tokens (SPLADE: Formal et al. 2021, arXiv:2107.05720 and arXiv:2109.10086).
 */
export interface SpladePooling {
  readonly strategy: 'max' | 'sum';
  /** A weight of a logit that is above 0. Rises with it, so the largest weight is that of the largest logit. */
  readonly weight: (logit: number) => number;
}

const weights: Readonly<Record<string, (logit: number) => number>> = {
  relu: Math.log1p,
  log1p_relu: (logit) => Math.log1p(Math.log1p(logit)),
};

/** The pooling of a folder's modules; without modules.json, sentence-transformers takes `max` and `relu`. */
export async function readSpladePooling(
  folder: string,
  modules: readonly ModuleEntry[] | undefined,
): Promise<SpladePooling> {
  const [, pooling, ...more] = modules ?? [];
  if (modules !== undefined && (pooling?.type !== 'SpladePooling' || more.length > 0)) {
    const names = modules.map(({ type }) => type).join(', ');
    throw new ConfigError(join(folder, 'modules.json'), '', `lists ${names}; supported: Transformer, SpladePooling`);
  }
  const file = join(pooling?.folder ?? folder, 'config.json');
  const config = pooling === undefined ? new JsonFile(file, {}) : await JsonFile.read(file);
  const strategy = config.string('pooling_strategy', 'max');
  if (strategy !== 'max' && strategy !== 'sum') {
    throw config.error('pooling_strategy', `is "${strategy}"; supported: max, sum`);
  }
  const name = config.string('activation_function', 'relu');
  const weight = Object.hasOwn(weights, name) ? weights[name] : undefined;
  if (!weight) throw config.error('activation_function', `is "${name}"; supported: ${Object.keys(weights).join(', ')}`);
  return { strategy, weight };
}
