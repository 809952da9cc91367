/** All of a training in one safetensors file. */
import { UsageError, WeightsError } from '../errors.js';
import { native, type WordTrainerHandle } from '../native.js';
import { Tensor } from '../tensor/tensor.js';
import { checkPlace } from '../weights/replace-file.js';
import { SafetensorsFile, writeSafetensors } from '../weights/safetensors.js';
import { type Corpus, filesOf, separators } from './corpus.js';
import type { TrainingPosition } from './training.js';

const version = 1;
const checkpointSeconds = 600;

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
 * `vectors` (of words, then of n-grams where there are any) and `outputs`, `[rows, dim]`, the words a line each, their counts, and
 * where each thread's random numbers are. Takes memory for a copy; what is trained meanwhile does not get into the file.
 */
export async function saveTraining<Settings extends object>(
  call: string,
  path: string,
  { key }: TrainingKind<Settings>,
  { trainer, settings, position }: Training<Settings>,
): Promise<void> {
  const { words, counts, streams, dim, rows, vectors, outputs } = stateOf(call, trainer);
  const tensors = {
    vectors: Tensor.fromHandle(vectors, 'f32', [rows, dim]),
    outputs: Tensor.fromHandle(outputs, 'f32', [counts.length, dim]),
    words: Tensor.from(new Int8Array(words.buffer, words.byteOffset, words.length)),
    counts: Tensor.from(counts),
    streams: Tensor.from(streams),
  };
  await writeSafetensors(path, tensors, { [key]: JSON.stringify({ version, settings, position }) });
}

/** Keeps a training in the file `checkpoint`, if there is to be one: at each end, and every ten minutes. */
export function keeper<Settings extends object>(
  call: string,
  kind: TrainingKind<Settings>,
  { trainer, settings }: Omit<Training<Settings>, 'position'>,
  checkpoint: string | undefined,
): (position: TrainingPosition, end: boolean) => Promise<void> {
  let kept = performance.now();
  return async (position, end) => {
    if (checkpoint === undefined || (!end && performance.now() - kept < checkpointSeconds * 1000)) return;
    await saveTraining(call, checkpoint, kind, { trainer, settings, position });
    kept = performance.now();
  };
}

/** @throws UsageError for a checkpoint that cannot be written or is a file of the corpus. */
export async function checkCheckpoint(call: string, corpus: Corpus, checkpoint: string | undefined): Promise<void> {
  if (checkpoint === undefined) return;
  await checkPlace(`${call}: checkpoint`, checkpoint, 'file', filesOf(corpus) ?? []);
}

function stateOf(call: string, trainer: WordTrainerHandle) {
  try {
    return native.wordTrainerState(trainer);
  } catch (cause) {
    throw new UsageError(`${call}: ${cause instanceof Error ? cause.message : cause}`);
  }
}

/** @throws WeightsError naming the file and the field, where it is not what {@link saveTraining} writes. */
export async function loadTraining<Settings extends object>(
  path: string,
  kind: TrainingKind<Settings>,
): Promise<Training<Settings>> {
  const { key, writer } = kind;
  using file = await SafetensorsFile.open(path);
  const refuse = (problem: string): never => {
    throw new WeightsError(`${path}: ${problem}`);
  };
  const text = file.metadata[key] ?? refuse(`no "${key}" in its metadata; is it what ${writer} wrote?`);
  const { settings, position } = readMetadata(text, kind, refuse);
  const tensor = (name: string, dtype: string, rank: number): Tensor => {
    const entry = file.entries.find((candidate) => candidate.name === name);
    if (entry?.dtype !== dtype || entry.shape.length !== rank)
      refuse(`"${name}" must be a tensor of ${dtype} with ${rank} dimensions; the file is damaged`);
    return file.tensor(name);
  };
  const letters = tensor('words', 'I8', 1).toArray() as Int8Array;
  const words = new Uint8Array(letters.buffer, letters.byteOffset, letters.length);
  const counts = tensor('counts', 'I64', 1).toArray() as BigInt64Array;
  if (counts.some((count) => count < 1n)) refuse('"counts" holds a number below 1; the file is damaged');
  if (words.some((byte) => separators.includes(byte)))
    refuse('"words" holds a space within a word; the file is damaged');
  const streams = tensor('streams', 'I64', 1).toArray() as BigInt64Array;
  const vectors = tensor('vectors', 'F32', 2).handle;
  const outputs = tensor('outputs', 'F32', 2).handle;
  try {
    const trainer = kind.trainer(settings);
    native.wordTrainerRestore(trainer, { words, counts, streams, vectors, outputs });
    return { trainer, settings, position };
  } catch (cause) {
    return refuse(`${cause instanceof Error ? cause.message : cause}; the file is damaged`);
  }
}

function readMetadata<Settings extends object>(
  text: string,
  { key, readSettings }: TrainingKind<Settings>,
  refuse: (problem: string) => never,
): { settings: Settings; position: TrainingPosition } {
  let metadata: { version?: unknown; settings?: unknown; position?: unknown } = {};
  try {
    metadata = Object(JSON.parse(text));
  } catch {
    refuse(`"${key}" of its metadata is no JSON; the file is damaged`);
  }
  if (metadata.version !== version)
    refuse(`"version" of "${key}" is ${metadata.version}; this release reads ${version}`);
  const position = readPosition(metadata.position, key, refuse);
  try {
    return { settings: readSettings(Object(metadata.settings)), position };
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

function readPosition(value: unknown, key: string, refuse: (problem: string) => never): TrainingPosition {
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
