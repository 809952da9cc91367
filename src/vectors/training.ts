/** What every training of word vectors goes through: the corpus, epoch after epoch, in batches. */
import { UsageError, WeightsError } from '../errors.js';
import { native, type VectorsHandle, type WordTrainerHandle } from '../native.js';
import { batches, type Corpus } from './corpus.js';
import { KeyedVectors } from './keyed-vectors.js';

/** How training runs, whatever it learns. */
export interface TrainingControls {
  /** Threads that change the vectors without waiting for each other. Default: all CPUs of this process. */
  threads?: number | undefined;
  /** Ends training; what was learnt until then is kept. While the corpus is counted there is nothing to keep: it rejects. */
  signal?: AbortSignal | undefined;
  /** Called after each batch of a MiB. */
  onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/** How far training is. */
export interface TrainingProgress {
  /** From 1. */
  readonly epoch: number;
  /** Words trained so far, of `totalWords` over all epochs. */
  readonly words: number;
  readonly totalWords: number;
  readonly wordsPerSecond: number;
  /** Seconds that are left. */
  readonly eta: number;
  /** Learning rate. */
  readonly alpha: number;
  /**
   * Mean of -log p of a word and its noise words (or its path in the tree) over this batch, from a sample of one word in 64;
   * `(1 + negative) · ln 2` before anything is learnt. Undefined where none of the batch was sampled.
   */
  readonly loss: number | undefined;
}

/** How far a training is, in counts from 0. */
export interface TrainingPosition {
  /** Words of the corpus that are in the vocabulary. */
  readonly corpusWords: number;
  readonly epochs: number;
  readonly alpha: number;
  readonly minAlpha: number;
  /** Epochs that are done, and batches of the one that is not. */
  readonly epoch: number;
  readonly batches: number;
  readonly trainedWords: number;
}

/** Counts the words of a corpus and makes the vocabulary; gives the number of words that are in it. */
export async function countWords(
  call: string,
  trainer: WordTrainerHandle,
  corpus: Corpus,
  signal: AbortSignal | undefined,
): Promise<number> {
  for await (const batch of batches(corpus)) {
    signal?.throwIfAborted();
    await native.wordTrainerCount(trainer, batch);
  }
  return told(call, native.wordTrainerBuild(trainer));
}

/** Words of a corpus that are in the vocabulary. @param reached is told of them before each batch and at the end. */
export async function knownWords(
  trainer: WordTrainerHandle,
  corpus: Corpus,
  signal: AbortSignal | undefined,
  reached?: (batches: number, words: number) => void,
): Promise<number> {
  let [read, found] = [0, 0];
  for await (const batch of batches(corpus)) {
    signal?.throwIfAborted();
    reached?.(read++, found);
    found += await native.wordTrainerKnown(trainer, batch);
  }
  reached?.(read, found);
  return found;
}

/**
 * @throws WeightsError for a corpus that has not the known words of the one that training began with, as many in all and as many up
 * to the position.
 */
export async function checkSameCorpus(
  call: string,
  trainer: WordTrainerHandle,
  corpus: Corpus,
  { corpusWords, trainedWords, epoch, batches: done }: TrainingPosition,
  signal: AbortSignal | undefined,
): Promise<void> {
  let before = Number.NaN; // of the position in its epoch
  const found = await knownWords(trainer, corpus, signal, (batch, words) => {
    if (batch === done) before = words;
  });
  if (found !== corpusWords) {
    throw new WeightsError(
      `${call}: the corpus has ${found} known words, the one that training began with ${corpusWords}; give the same`,
    );
  }
  if (before === trainedWords - epoch * corpusWords) return;
  throw new WeightsError(
    `${call}: the corpus is not the one that training began with, or not in the same order or the same kind (a list, a file or several); give the same`,
  );
}

/**
 * Trains from a position to the end of its epochs, or until it is told to end.
 * @param reached is awaited after each batch; `end`: of an epoch, or of all by the signal.
 */
export async function trainWords(
  call: string,
  trainer: WordTrainerHandle,
  corpus: Corpus,
  start: TrainingPosition,
  { threads, signal, onProgress }: TrainingControls,
  reached: (position: TrainingPosition, end: boolean) => Promise<void>,
): Promise<void> {
  const { epochs, alpha, minAlpha, corpusWords, trainedWords } = start;
  const totalWords = epochs * corpusWords;
  native.wordTrainerSchedule(trainer, { alpha, minAlpha, words: totalWords, trained: trainedWords });
  const began = performance.now();
  let position = start;
  for (let { epoch } = start; epoch < epochs; epoch++) {
    const { batches: done, trainedWords: before } = position;
    let batch = 0;
    for await (const text of ahead(batches(corpus))) {
      if (batch++ < done) continue;
      if (signal?.aborted) return reached(position, true);
      const { words, alpha, loss } = await told(call, native.wordTrainerTrain(trainer, text, threads ?? 0));
      position = { ...position, epoch, batches: batch, trainedWords: words };
      const wordsPerSecond = (words - trainedWords) / ((performance.now() - began) / 1000);
      const eta = Math.max(0, totalWords - words) / wordsPerSecond;
      const measured = Number.isNaN(loss) ? undefined : loss;
      await reached(position, false);
      onProgress?.({ epoch: epoch + 1, words, totalWords, wordsPerSecond, eta, alpha, loss: measured });
    }
    if (batch < done || (done === 0 && position.trainedWords === before)) {
      throw new WeightsError(`${call}: the corpus was ${batch === 0 ? 'empty' : 'shorter'} when it was read again`);
    }
    position = { ...position, epoch: epoch + 1, batches: 0 };
    await reached(position, true);
  }
}

/** The same, where the next one is read while this one is worked on. */
async function* ahead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (let item = await next; !item.done; item = await next) {
      next = source.next();
      next.catch(() => {}); // told where it is awaited
      yield item.value;
    }
  } finally {
    await source.return(undefined);
  }
}

/** A training of `corpusWords` words an epoch, before its first. */
export function atStart(
  corpusWords: number,
  { epochs, alpha, minAlpha }: Pick<TrainingPosition, 'epochs' | 'alpha' | 'minAlpha'>,
): TrainingPosition {
  return { corpusWords, epochs, alpha, minAlpha, epoch: 0, batches: 0, trainedWords: 0 };
}

/** What the promise gives; its error, as one of the call's. */
export async function told<T>(call: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    throw errorOf(call, cause);
  }
}

/** The vectors that `of` gives; its error, as one of the call's. */
export function learnt(call: string, of: () => VectorsHandle): KeyedVectors {
  return new KeyedVectors(given(call, of));
}

/** What `of` gives; its error, as one of the call's. */
export function given<T>(call: string, of: () => T): T {
  try {
    return of();
  } catch (cause) {
    throw errorOf(call, cause);
  }
}

function errorOf(call: string, cause: unknown): UsageError {
  return new UsageError(`${call}: ${cause instanceof Error ? cause.message : cause}`);
}
