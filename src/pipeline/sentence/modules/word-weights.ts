import { WeightsError } from '../../../errors.js';
import { embedding } from '../../../ops/index.js';
import { readTable } from './embedding-table.js';
import type { ModuleSource, TokenModule } from './module.js';

/** A weight for each token, such as its idf: the pooling after it adds rows times their weights, and divides by the sum of these. */
export async function loadWordWeights(source: ModuleSource): Promise<TokenModule> {
  const checkpoint = await source.weights();
  const table = readTable(checkpoint, 'emb_layer.weight'); // [V, 1]
  if (table.shape[1] !== 1)
    throw new WeightsError(
      `${checkpoint.source}: "emb_layer.weight" must be [V, 1], found [${table.shape.join(', ')}]`,
    );
  return {
    name: 'WordWeights',
    outFeatures: source.inFeatures,
    forward: (x) => x,
    weights: ({ inputIds }) => embedding(table, inputIds),
  };
}
