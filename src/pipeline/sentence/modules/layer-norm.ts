import { LayerNorm } from '../../../nn/layer-norm.js';
import { WeightScope } from '../../../weights/scope.js';
import { checkWidth, type ModuleSource, type TextModule } from './module.js';

/** Layer normalization of the text's vector, with PyTorch's eps. */
export async function loadLayerNorm(source: ModuleSource): Promise<TextModule> {
  const { inFeatures } = source;
  checkWidth(await source.config(), ['dimension'], inFeatures);
  const w = WeightScope.of(await source.weights());
  const norm = new LayerNorm(w.at('norm'), inFeatures, 1e-5);
  w.finish();
  return { name: 'LayerNorm', outFeatures: inFeatures, forward: (x) => norm.forward(x) };
}
