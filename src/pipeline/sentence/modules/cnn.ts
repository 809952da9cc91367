import { concat, linear, reshape, transpose, unfold } from '../../../ops/index.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { WeightScope } from '../../../weights/scope.js';
import { checkWidth, type ModuleSource, type TokenModule } from './module.js';

/** Convolutions over the tokens of a text, side by side (Kim 2014, arXiv:1408.5882). */
export async function loadCnn(source: ModuleSource): Promise<TokenModule> {
  const { inFeatures } = source;
  const config = await source.config('cnn_config.json');
  checkWidth(config, ['in_embedding_dimension', 'in_word_embedding_dimension'], inFeatures);
  const channels = config.integer('out_channels', { fallback: 256, max: 1 << 20 });
  const sizes = config.integers('kernel_sizes', { fallback: [1, 3, 5], max: 255 });
  const strides = config.integers('stride_sizes', { fallback: sizes.map(() => 1) });
  if (sizes.length === 0) throw config.error('kernel_sizes', 'is empty');
  if (sizes.some((size) => size % 2 === 0)) {
    throw config.error(
      'kernel_sizes',
      `are ${sizes.join(', ')}; they must be odd, so that there is a row for each token`,
    );
  }
  if (strides.length !== sizes.length || strides.some((stride) => stride !== 1)) {
    throw config.error('stride_sizes', 'must be 1 for every kernel, so that there is a row for each token');
  }
  const w = WeightScope.of(await source.weights());
  const convolutions = w.build(() =>
    sizes.map((size, i) => {
      const kernel = w.at('convs', i).tensor('weight', [channels, inFeatures, size]);
      const weight = reshape(transpose(kernel, [0, 2, 1]), [channels, size * inFeatures]);
      const bias = w.at('convs', i).vector('bias', channels);
      return (x: Tensor, offsets: Tensor) => linear(size === 1 ? x : unfold(x, offsets, size), weight, bias);
    }),
  );
  return {
    name: `CNN(${sizes.join(', ')})`,
    outFeatures: sizes.length * channels,
    forward(x, { offsets }) {
      const results = convolutions.map((convolve) => convolve(x, offsets)); // [N, C] each
      return results.length === 1 && results[0] ? results[0] : concat(results, 1);
    },
  };
}
