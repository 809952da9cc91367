import { add, mul } from '../../../ops/index.js';
import { Tensor } from '../../../tensor/tensor.js';
import { WeightScope } from '../../../weights/scope.js';
import { checkWidth, type ModuleSource, type TokenModule } from './module.js';

/**
 * The weighted mean of the transformer's hidden states from `layer_start` on; 0 are the embeddings. As in the reference it
 * leaves the last layer's as they are unless the transformer's config.json says `output_hidden_states`.
 */
export async function loadWeightedLayerPooling(source: ModuleSource): Promise<TokenModule> {
  const { inFeatures, transformer } = source;
  const config = await source.config();
  checkWidth(config, ['embedding_dimension', 'word_embedding_dimension'], inFeatures);
  const first = config.integer('layer_start', { fallback: 4, min: 0 });
  const count = config.integer('num_hidden_layers', { fallback: 12 }) + 1 - first;
  if (count < 1) throw config.error('layer_start', 'must be at most num_hidden_layers');
  const w = WeightScope.of(await source.weights());
  const weights = w.vector('layer_weights', count).toFloat32Array();
  w.finish();
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = Array.from(weights, (weight) => Tensor.from(new Float32Array(inFeatures).fill(weight / whole)));
  const outFeatures = inFeatures;
  if (!transformer.boolean('output_hidden_states', false)) {
    return { name: 'WeightedLayerPooling(last layer)', outFeatures, forward: (x) => x };
  }
  return {
    name: `WeightedLayerPooling(${first}…)`,
    outFeatures,
    forward(_, __, layers) {
      if (layers.length !== first + count) {
        throw config.error(
          'num_hidden_layers',
          `is ${first + count - 1}, but the transformer has ${layers.length - 1}`,
        );
      }
      const [head, ...rest] = layers.slice(first).map((layer, i) => mul(layer, shares[i]!)); // [N, D] each
      return rest.reduce((sum, layer) => add(sum, layer), head!);
    },
  };
}
