import { l2Normalize } from '../../../ops/index.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { checkFeature, type Feature, type ModuleSource, type TextModule } from './module.js';

/** Rows of length 1, the text's vector or every token's. Before version 6 it was saved without a config: the text's. */
export const loadNormalize =
  (feature: Feature) =>
  async (source: ModuleSource): Promise<TextModule> => {
    checkFeature(await source.optionalConfig(), feature);
    return { name: 'Normalize', outFeatures: source.inFeatures, forward: (x: Tensor) => l2Normalize(x) };
  };
