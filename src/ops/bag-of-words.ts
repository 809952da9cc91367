import { TensorError } from '../errors.js';
import { checkOptions, describeValue } from '../options.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectOffsets, sequencesOf } from './offsets.js';
import { expectDtype, expectRank, run } from './run.js';

/**
 * What the words of each sequence weigh, a column a word, as sentence-transformers' BoW.
 * @param ids `[N]` i32, each in `[0, V)`; another one is an error that names it and its position.
 * @param weights `[V]` f32.
 * @param offsets `[S+1]` i32: where each sequence begins among the ids.
 * @param options.cumulative a word that comes n times counts n times. Default: true.
 * @returns `[S, V]` f32.
 */
export function bagOfWords(
  ids: Tensor,
  weights: Tensor,
  offsets: Tensor,
  options: { readonly cumulative?: boolean | undefined } = {},
): Tensor {
  expectDtype('bagOfWords', 'ids', ids, 'i32');
  expectRank('bagOfWords', 'ids', ids, 1, '[N]');
  expectDtype('bagOfWords', 'weights', weights, 'f32');
  expectRank('bagOfWords', 'weights', weights, 1, '[V]');
  expectOffsets('bagOfWords', offsets);
  checkOptions('bagOfWords', options, ['cumulative']);
  const { cumulative = true } = options;
  if (typeof cumulative !== 'boolean')
    throw new TensorError('bagOfWords', 'cumulative true or false', describeValue(cumulative));
  const shape = [sequencesOf('bagOfWords', offsets), weights.shape[0] ?? 0];
  return run({ op: 'bagOfWords', inputs: [ids, weights, offsets], dtype: 'f32', shape, attributes: { cumulative } });
}
