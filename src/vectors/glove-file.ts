/** All of a training of GloVe in one file but for its pairs, which are counted anew. */
import { type GloveHandle, type NativeGloveState, native } from '../native.js';
import { Tensor } from '../tensor/tensor.js';
import { type GloveSettings, readStored } from './glove-options.js';
import { StateFile, type StoredVocabulary, writeState } from './state-file.js';
import { given } from './training.js';

const key = 'vectral.glove';
const matrices = ['vectors', 'contexts', 'vectorSquares', 'contextSquares'] as const;

/** How far a training is. */
export interface GlovePosition {
  /** Words of the corpus that are in the vocabulary. */
  readonly corpusWords: number;
  readonly pairs: number;
  readonly trainedPairs: number;
}

/** What a file holds. */
export interface GloveTraining {
  readonly settings: GloveSettings;
  readonly position: GlovePosition;
  readonly vocabulary: StoredVocabulary;
  readonly state: NativeGloveState;
}

/** Vectors of words and of contexts and the sums of their squared gradients, `[words, dim]`, and the biases of each, `[words]`. */
export async function saveGlove(
  call: string,
  path: string,
  trainer: GloveHandle,
  settings: GloveSettings,
  position: GlovePosition,
): Promise<void> {
  const state = given(call, () => native.gloveState(trainer));
  const vocabulary = native.gloveVocabulary(trainer);
  const shape = [vocabulary.counts.length, settings.vectorSize];
  const tensors = matrices.flatMap((name): [string, Tensor][] => [
    [name, Tensor.fromHandle(state[name], 'f32', shape)],
    [`${name}Biases`, Tensor.from(state[`${name}Biases`])],
  ]);
  await writeState(path, key, vocabulary, Object.fromEntries(tensors), { settings, position });
}

/** @throws WeightsError naming the file and the field, where it is not what {@link saveGlove} writes. */
export async function loadGlove(path: string): Promise<GloveTraining> {
  using file = await StateFile.open(path, key, 'the checkpoint of Glove.train');
  const settings = file.checked(() => readStored('settings', file.settings));
  const position = {
    corpusWords: file.whole('corpusWords'),
    pairs: file.whole('pairs'),
    trainedPairs: file.whole('trainedPairs'),
  };
  if (position.trainedPairs > position.pairs * settings.epochs)
    file.refuse('"position.trainedPairs" is more than its epochs have; the file is damaged');
  const parts = matrices.flatMap((name): [string, unknown][] => [
    [name, file.tensor(name, 'F32', 2).handle],
    [`${name}Biases`, file.tensor(`${name}Biases`, 'F32', 1).toArray()],
  ]);
  return { settings, position, vocabulary: file.vocabulary(), state: Object.fromEntries(parts) as never };
}
