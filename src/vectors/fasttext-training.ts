/** Training of fastText's models: word vectors, and classifiers of lines. */
import { type FastTextHandle, native } from '../native.js';
import { refused } from '../weights/weight-file.js';
import { batches, type Corpus, checkCorpus } from './corpus.js';
import {
  type FastTextOptions,
  type FastTextSupervisedOptions,
  readOptions,
  readSupervisedOptions,
} from './fasttext-options.js';
import { atStart, countWords, told, trainWords } from './training.js';

/** Word vectors from a corpus. */
export async function train(corpus: Corpus, options: FastTextOptions): Promise<FastTextHandle> {
  const call = 'FastText.train';
  checkCorpus(call, corpus);
  const settings = readOptions(call, options);
  const trainer = native.fastTextTrainer(settings);
  const corpusWords = await countWords(call, trainer, corpus, options.signal);
  const start = atStart(corpusWords, { epochs: settings.epoch, alpha: settings.lr, minAlpha: 0 });
  await trainWords(call, trainer, corpus, start, options, async () => {});
  return told(call, native.fastTextFinish(trainer));
}

/** A classifier from lines that hold labels. */
export async function trainSupervised(corpus: Corpus, options: FastTextSupervisedOptions): Promise<FastTextHandle> {
  const call = 'FastText.trainSupervised';
  checkCorpus(call, corpus);
  const settings = readSupervisedOptions(call, options);
  const { threads = 1, signal, onProgress } = options;
  const { source, text } = await linesOf(corpus);
  const progress = new BigInt64Array(2);
  const stop = () => Atomics.store(progress, 1, 1n);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop);
  const begun = performance.now();
  const tell = () => {
    const tokens = Number(Atomics.load(progress, 0));
    onProgress?.({ tokens, tokensPerSecond: tokens / ((performance.now() - begun) / 1000) });
  };
  const timer = onProgress && setInterval(tell, 500);
  try {
    return await native.fastTextTrainSupervised(source, text, settings, threads, progress).catch(refused);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
  }
}

/** One plain file is mapped where it lies; all else is gathered, for every epoch takes its lines from memory. */
async function linesOf(corpus: Corpus): Promise<{ source: string; text: Uint8Array | undefined }> {
  if ('files' in corpus) {
    const files = typeof corpus.files === 'string' ? [corpus.files] : corpus.files;
    const source = files.join(', ');
    if (files.length === 1 && !source.endsWith('.gz')) return { source, text: undefined };
    return { source, text: await gathered(corpus) };
  }
  return { source: 'the lines', text: await gathered(corpus) };
}

async function gathered(corpus: Corpus): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of batches(corpus)) pieces.push(piece);
  return Buffer.concat(pieces);
}
