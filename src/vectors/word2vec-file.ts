/** All of a word2vec training in one safetensors file. */
import { WeightsError } from '../errors.js';
import { native, type WordTrainerHandle } from '../native.js';
import { Tensor } from '../tensor/tensor.js';
import { SafetensorsFile, writeSafetensors } from '../weights/safetensors.js';
import { separators } from './corpus.js';
import type { KeyedVectors } from './keyed-vectors.js';
import type { TrainingPosition } from './training.js';
import { readOptions, type Word2VecSettings } from './word2vec-options.js';

const key = 'vectral.word2vec';
const version = 1;

/** `vectors` and `outputs` `[words, dim]`, the words a line each, their counts, and where each thread's random numbers are. */
export async function saveTraining(
  path: string,
  trainer: WordTrainerHandle,
  vectors: KeyedVectors,
  settings: Word2VecSettings,
  position: TrainingPosition,
): Promise<void> {
  const { counts, streams, outputs } = native.word2vecState(trainer);
  const shape = [vectors.size, vectors.dim];
  const words = Buffer.from(
    vectors
      .words()
      .map((word) => `${word}\n`)
      .join(''),
  );
  const tensors = {
    vectors: Tensor.from(vectors.rows(Int32Array.from({ length: vectors.size }, (_, i) => i)), { shape }),
    outputs: Tensor.fromHandle(outputs, 'f32', shape),
    words: Tensor.from(new Int8Array(words)),
    counts: Tensor.from(counts),
    streams: Tensor.from(new BigInt64Array(streams.buffer, streams.byteOffset, streams.length)),
  };
  await writeSafetensors(path, tensors, { [key]: JSON.stringify({ version, settings, position }) });
}

/** @throws WeightsError naming the file and the field, where it is not what {@link saveTraining} writes. */
export async function loadTraining(
  path: string,
): Promise<{ trainer: WordTrainerHandle; settings: Word2VecSettings; position: TrainingPosition }> {
  using file = await SafetensorsFile.open(path);
  const refuse = (problem: string): never => {
    throw new WeightsError(`${path}: ${problem}`);
  };
  const text = file.metadata[key] ?? refuse(`no "${key}" in its metadata; is it a model that Word2Vec.save wrote?`);
  const { settings, position } = readMetadata(text, refuse);
  const tensor = (name: string, dtype: string, rank: number): Tensor => {
    const entry = file.entries.find((candidate) => candidate.name === name);
    if (entry?.dtype !== dtype || entry.shape.length !== rank)
      refuse(`"${name}" must be a tensor of ${dtype} with ${rank} dimensions; the file is damaged`);
    return file.tensor(name);
  };
  const letters = tensor('words', 'I8', 1).toArray() as Int8Array;
  const words = new Uint8Array(letters.buffer, letters.byteOffset, letters.length);
  const counts = tensor('counts', 'I64', 1).toArray() as BigInt64Array;
  const streams = tensor('streams', 'I64', 1).toArray() as BigInt64Array;
  if (counts.some((count) => count < 1n)) refuse('"counts" holds a number below 1; the file is damaged');
  if (words.some((byte) => separators.includes(byte)))
    refuse('"words" holds a space within a word; the file is damaged');
  const states = new BigUint64Array(streams.buffer, streams.byteOffset, streams.length);
  const matrices = (['vectors', 'outputs'] as const).map((name) => tensor(name, 'F32', 2).handle);
  try {
    const trainer = native.word2vecRestore(settings, words, counts, states, matrices[0]!, matrices[1]!);
    return { trainer, settings, position };
  } catch (cause) {
    return refuse(`${cause instanceof Error ? cause.message : cause}; the file is damaged`);
  }
}

function readMetadata(text: string, refuse: (problem: string) => never) {
  let metadata: { version?: unknown; settings?: Word2VecSettings; position?: TrainingPosition } = {};
  try {
    metadata = Object(JSON.parse(text));
  } catch {
    refuse(`"${key}" of its metadata is no JSON; the file is damaged`);
  }
  if (metadata.version !== version)
    refuse(`"version" of "${key}" is ${metadata.version}; this release reads ${version}`);
  const { exact, ...learning } = Object(metadata.settings) as Word2VecSettings;
  if (typeof exact !== 'boolean') refuse(`"settings.exact" of "${key}" must be true or false, got ${exact}`);
  const position = readPosition(metadata.position, refuse);
  try {
    const { maxVocabSize = 0, maxFinalVocab = 0 } = learning;
    const settings = readOptions(key, {
      ...learning,
      maxVocabSize: maxVocabSize || undefined,
      maxFinalVocab: maxFinalVocab || undefined,
      hs: learning.negative === 0,
      mode: exact ? 'exact' : 'fast',
    });
    return { settings, position };
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

function readPosition(value: unknown, refuse: (problem: string) => never): TrainingPosition {
  const position = Object(value) as TrainingPosition;
  const { corpusWords, epochs, epoch } = position;
  for (const field of ['corpusWords', 'epochs', 'epoch', 'batches', 'trainedWords'] as const) {
    if (!Number.isSafeInteger(position[field]) || position[field] < 0)
      refuse(`"position.${field}" of "${key}" must be a whole number, got ${position[field]}`);
  }
  for (const field of ['alpha', 'minAlpha'] as const) {
    if (!Number.isFinite(position[field]))
      refuse(`"position.${field}" of "${key}" must be a number, got ${position[field]}`);
  }
  if (epoch > epochs) refuse(`"position.epoch" of "${key}" is ${epoch} of ${epochs} epochs`);
  if (!Number.isSafeInteger(epochs * corpusWords))
    refuse(`"position" of "${key}" has ${epochs} epochs of ${corpusWords} words, which are too many`);
  return position;
}
