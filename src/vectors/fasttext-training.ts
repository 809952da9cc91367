/** Training of fastText's models: word vectors, and classifiers of lines. */
import { type FastTextHandle, native } from '../native.js';
import { checkPath } from '../options.js';
import { refused } from '../weights/weight-file.js';
import { batches, type Corpus, checkCorpus, filesOf } from './corpus.js';
import {
  checkControls,
  type FastTextControls,
  type FastTextOptions,
  type FastTextSettings,
  type FastTextSupervisedOptions,
  readOptions,
  readStored,
  readSupervisedOptions,
} from './fasttext-options.js';
import { checkCheckpoint, keeper } from './state-file.js';
import { atStart, checkSameCorpus, countWords, type TrainingPosition, told, trainWords } from './training.js';
import { loadTraining, saveTraining, type Training, type TrainingKind } from './training-file.js';

const newline = 10;
const kind: TrainingKind<FastTextSettings> = {
  key: 'vectral.fasttext',
  writer: 'the checkpoint of FastText.train',
  readSettings: (settings) => readStored('settings', settings),
  trainer: (settings) => native.fastTextTrainer(settings),
};

/** Word vectors from a corpus. */
export async function train(corpus: Corpus, options: FastTextOptions): Promise<FastTextHandle> {
  const call = 'FastText.train';
  checkCorpus(call, corpus);
  const settings = readOptions(call, options);
  await checkCheckpoint(call, corpus, options.checkpoint);
  const trainer = native.fastTextTrainer(settings);
  const corpusWords = await countWords(call, trainer, corpus, options.signal);
  const position = atStart(corpusWords, { epochs: settings.epoch, alpha: settings.lr, minAlpha: 0 });
  return learn(call, { trainer, settings, position }, corpus, options);
}

/** Word vectors from where the training that is kept in a file was ended. */
export async function resume(path: string, corpus: Corpus, options: FastTextControls): Promise<FastTextHandle> {
  const call = 'FastText.resume';
  checkPath(call, path);
  checkCorpus(call, corpus);
  checkControls(call, options);
  await checkCheckpoint(call, corpus, options.checkpoint);
  const training = await loadTraining(path, kind);
  await checkSameCorpus(call, training.trainer, corpus, training.position, options.signal);
  return learn(call, training, corpus, options);
}

async function learn(
  call: string,
  { trainer, settings, position }: Training<FastTextSettings>,
  corpus: Corpus,
  options: FastTextControls,
): Promise<FastTextHandle> {
  const keep = keeper(options.checkpoint, (file, reached: TrainingPosition) =>
    saveTraining(call, file, kind, { trainer, settings, position: reached }),
  );
  await trainWords(call, trainer, corpus, position, options, keep);
  return told(call, native.fastTextFinish(trainer));
}

/** A classifier from lines that hold labels. */
export async function trainSupervised(corpus: Corpus, options: FastTextSupervisedOptions): Promise<FastTextHandle> {
  const call = 'FastText.trainSupervised';
  checkCorpus(call, corpus);
  const settings = readSupervisedOptions(call, options);
  const { threads = 1, signal, onProgress } = options;
  signal?.throwIfAborted();
  const { source, text } = await linesOf(corpus, signal);
  const progress = new BigInt64Array(2);
  const stop = () => Atomics.store(progress, 1, 1n);
  signal?.addEventListener('abort', stop);
  const begun = performance.now();
  let thrown: { cause: unknown } | undefined;
  const tell = () => {
    const tokens = Number(Atomics.load(progress, 0));
    try {
      onProgress?.({ tokens, tokensPerSecond: tokens / ((performance.now() - begun) / 1000) });
    } catch (cause) {
      thrown ??= { cause };
      stop();
    }
  };
  const timer = onProgress && setInterval(tell, 500);
  try {
    const model = await native.fastTextTrainSupervised(source, text, settings, threads, progress).catch(refused);
    if (thrown) throw thrown.cause;
    return model;
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** One plain file is read where training runs; all else is gathered, for every epoch takes its lines from memory. */
async function linesOf(
  corpus: Corpus,
  signal: AbortSignal | undefined,
): Promise<{ source: string; text: Uint8Array | undefined }> {
  const files = filesOf(corpus);
  const source = files?.join(', ') ?? 'the lines';
  if (files?.length === 1 && !source.endsWith('.gz')) return { source, text: undefined };
  const pieces: Uint8Array[] = [];
  for (const part of files?.map((file) => ({ files: file })) ?? [corpus]) {
    // A file's last line may have no end.
    if (pieces.length > 0 && pieces.at(-1)!.at(-1) !== newline) pieces.push(Uint8Array.of(newline));
    for await (const piece of batches(part)) {
      signal?.throwIfAborted();
      pieces.push(piece);
    }
  }
  return { source, text: Buffer.concat(pieces) };
}
