/** All of a training of word2vec or fastText in one file. */
import { native, type WordTrainerHandle } from '../native.js';
import { Tensor } from '../tensor/tensor.js';
import { StateFile, writeState } from './state-file.js';
import { given, type TrainingPosition } from './training.js';

/** What tells the trainings of one algorithm from those of others. */
export interface TrainingKind<Settings extends object> {
  /** In the metadata: `vectral.word2vec`. */
  readonly key: string;
  /** What wrote the file, for messages. */
  readonly writer: string;
  /** Those of a file, checked. @throws UsageError that names the setting. */
  readonly readSettings: (settings: object) => Settings;
  readonly trainer: (settings: Settings) => WordTrainerHandle;
}

export interface Training<Settings extends object> {
  readonly trainer: WordTrainerHandle;
  readonly settings: Settings;
  readonly position: TrainingPosition;
}

/**
 * `vectors` (of words, then of n-grams where there are any) and `outputs`, `[rows, dim]`, the words, their counts, and where each
 * thread's random numbers are. Takes memory for a copy; what is trained meanwhile does not get into the file.
 */
export async function saveTraining<Settings extends object>(
  call: string,
  path: string,
  { key }: TrainingKind<Settings>,
  { trainer, settings, position }: Training<Settings>,
): Promise<void> {
  const state = given(call, () => native.wordTrainerState(trainer));
  const { dim, rows, counts } = state;
  const tensors = {
    vectors: Tensor.fromHandle(state.vectors, 'f32', [rows, dim]),
    outputs: Tensor.fromHandle(state.outputs, 'f32', [counts.length, dim]),
    streams: Tensor.from(state.streams),
  };
  await writeState(path, key, state, tensors, { settings, position });
}

/** @throws WeightsError naming the file and the field, where it is not what {@link saveTraining} writes. */
export async function loadTraining<Settings extends object>(
  path: string,
  kind: TrainingKind<Settings>,
): Promise<Training<Settings>> {
  using file = await StateFile.open(path, kind.key, kind.writer);
  const settings = file.checked(() => kind.readSettings(file.settings));
  const position = readPosition(file);
  const state = {
    ...file.vocabulary(),
    streams: file.tensor('streams', 'I64', 1).toArray() as BigInt64Array,
    vectors: file.tensor('vectors', 'F32', 2).handle,
    outputs: file.tensor('outputs', 'F32', 2).handle,
  };
  const trainer = kind.trainer(settings);
  file.checked(() => native.wordTrainerRestore(trainer, state), '; the file is damaged');
  return { trainer, settings, position };
}

function readPosition(file: StateFile): TrainingPosition {
  const position = {
    corpusWords: file.whole('corpusWords'),
    epochs: file.whole('epochs'),
    alpha: file.number('alpha'),
    minAlpha: file.number('minAlpha'),
    epoch: file.whole('epoch'),
    batches: file.whole('batches'),
    trainedWords: file.whole('trainedWords'),
  };
  const { corpusWords, epochs, epoch } = position;
  if (epoch > epochs) file.refuse(`"position.epoch" is ${epoch} of ${epochs} epochs; the file is damaged`);
  if (!Number.isSafeInteger(epochs * corpusWords))
    file.refuse(`"position" has ${epochs} epochs of ${corpusWords} words, which are too many; the file is damaged`);
  return position;
}
