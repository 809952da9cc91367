import { concat, linear, lstm, transpose } from '../../../ops/index.js';
import type { Tensor } from '../../../tensor/tensor.js';
import { WeightScope } from '../../../weights/scope.js';
import { checkWidth, type ModuleSource, type TokenModule } from './module.js';

type Direction = (x: Tensor, offsets: Tensor) => Tensor;

/** Layers of long short-term memory over the tokens of a text, one way or both (PyTorch's `nn.LSTM`). */
export async function loadLstm(source: ModuleSource): Promise<TokenModule> {
  const { inFeatures } = source;
  const config = await source.config('lstm_config.json');
  checkWidth(config, ['embedding_dimension', 'word_embedding_dimension'], inFeatures);
  const hidden = config.integer('hidden_dim', { max: 1 << 16 });
  const count = config.integer('num_layers', { fallback: 1, max: 64 });
  const both = config.boolean('bidirectional', true);
  const outFeatures = both ? 2 * hidden : hidden;
  const w = WeightScope.of(await source.weights()).at('encoder');
  const read = (layer: number, width: number, end: string): Direction => {
    const weight = w.matrix(`weight_ih_l${layer}${end}`, 4 * hidden, width);
    const bias = w.vector(`bias_ih_l${layer}${end}`, 4 * hidden);
    const recurrent = transpose(w.tensor(`weight_hh_l${layer}${end}`, [4 * hidden, hidden]), [1, 0]); // [H, 4H]
    const recurrentBias = w.vector(`bias_hh_l${layer}${end}`, 4 * hidden);
    const reverse = end !== '';
    return (x, offsets) => lstm(linear(x, weight, bias), offsets, recurrent, recurrentBias, { reverse }); // [N, H]
  };
  const layers = w.build(() =>
    Array.from({ length: count }, (_, layer) => {
      const width = layer === 0 ? inFeatures : outFeatures;
      return (both ? ['', '_reverse'] : ['']).map((end) => read(layer, width, end));
    }),
  );
  return {
    name: `LSTM(${count}${both ? ', bidirectional' : ''})`,
    outFeatures,
    forward: (x, { offsets }) =>
      layers.reduce((rows, directions) => {
        const results = directions.map((direction) => direction(rows, offsets));
        return results.length === 1 && results[0] ? results[0] : concat(results, 1); // [N, outFeatures]
      }, x),
  };
}
