/** Word2vec's training; names and defaults are gensim's. */
import { UsageError, WeightsError } from '../errors.js';
import { native, type VectorsHandle, type Word2VecHandle } from '../native.js';
import { checkOptions } from '../options.js';
import { batches, type Corpus, checkCorpus } from './corpus.js';
import { KeyedVectors } from './keyed-vectors.js';

/** How {@link Word2Vec.train} learns. */
export interface Word2VecOptions {
  /** Components of a vector. Default: 100. */
  vectorSize?: number | undefined;
  /** Most words to each side that count as context. Default: 5. */
  window?: number | undefined;
  /** Words that come less often are left out. Default: 5. */
  minCount?: number | undefined;
  /** Words with more than this share of the corpus are passed over now and then; 0: never. Default: 1e-3. */
  sample?: number | undefined;
  /** Learning rate at the start and at the end. Defaults: 0.025, 1e-4. */
  alpha?: number | undefined;
  minAlpha?: number | undefined;
  /** Times the corpus is read. Default: 5. */
  epochs?: number | undefined;
  /** Skip-gram; else CBOW. Default: false. */
  sg?: boolean | undefined;
  /** Hierarchical softmax instead of noise words. Default: false. */
  hs?: boolean | undefined;
  /** Noise words for each. Default: 5, with `hs` 0. */
  negative?: number | undefined;
  /** Noise words are drawn by their count to this power. Default: 0.75. */
  nsExponent?: number | undefined;
  /** CBOW: the mean of the context, else the sum. Default: true. */
  cbowMean?: boolean | undefined;
  /** Draws a width from 1 to `window` at each word. Default: true. */
  shrinkWindows?: boolean | undefined;
  /** `exact`: pair after pair, as word2vec.c; `fast`: the words of a window share their noise words. Default: `fast`. */
  mode?: 'fast' | 'exact' | undefined;
  /** With one thread the same seed gives the same vectors. Default: 1. */
  seed?: number | undefined;
  /** Threads that change the vectors without waiting for each other. Default: all CPUs of this process. */
  threads?: number | undefined;
  /** Ends training; what was learnt until then is kept. */
  signal?: AbortSignal | undefined;
  /** Called after each batch of a MiB. */
  onProgress?: ((progress: TrainingProgress) => void) | undefined;
}

/** How far training is. */
export interface TrainingProgress {
  /** From 1; 0 while words are counted. */
  readonly epoch: number;
  /** Words trained so far, of `totalWords` over all epochs. */
  readonly words: number;
  readonly totalWords: number;
  readonly wordsPerSecond: number;
  /** Seconds that are left. */
  readonly eta: number;
  /** Learning rate. */
  readonly alpha: number;
}

const defaults = {
  vectorSize: 100,
  window: 5,
  minCount: 5,
  sample: 1e-3,
  alpha: 0.025,
  minAlpha: 1e-4,
  epochs: 5,
  sg: false,
  nsExponent: 0.75,
  cbowMean: true,
  shrinkWindows: true,
  seed: 1,
};

/** Trained word vectors (Mikolov et al. 2013, arXiv:1301.3781 and arXiv:1310.4546). */
export class Word2Vec {
  /** What was learnt: the vectors of the words, most frequent first. */
  readonly wv: KeyedVectors;
  /** Words of the corpus that are in the vocabulary. */
  readonly corpusWords: number;
  /** Words trained, over all epochs; fewer than `epochs · corpusWords` if training was ended. */
  readonly trainedWords: number;

  private constructor(wv: KeyedVectors, corpusWords: number, trainedWords: number) {
    this.wv = wv;
    this.corpusWords = corpusWords;
    this.trainedWords = trainedWords;
  }

  /**
   * Learns a vector for each word that comes `minCount` times or more. The corpus is read once to count and once an epoch, in
   * batches; training runs away from the event loop.
   * @throws UsageError for a corpus that can be read only once or has no word often enough, and options that make no sense.
   */
  static async train(corpus: Corpus, options: Word2VecOptions = {}): Promise<Word2Vec> {
    checkCorpus('Word2Vec.train', corpus);
    const settings = readOptions(options);
    const { signal } = options;
    const trainer = native.word2vec(settings);
    for await (const batch of batches(corpus)) {
      signal?.throwIfAborted();
      await native.word2vecCount(trainer, batch);
    }
    const { words: corpusWords } = await build(trainer);
    const trainedWords = await learn(trainer, corpus, corpusWords * settings.epochs, settings.epochs, options);
    return new Word2Vec(new KeyedVectors(learnt(trainer)), corpusWords, trainedWords);
  }
}

function learnt(trainer: Word2VecHandle): VectorsHandle {
  try {
    return native.word2vecVectors(trainer);
  } catch (cause) {
    throw new UsageError(`Word2Vec.train: ${cause instanceof Error ? cause.message : cause}`);
  }
}

async function build(trainer: Word2VecHandle): Promise<{ words: number }> {
  try {
    return await native.word2vecBuild(trainer);
  } catch (cause) {
    throw new UsageError(`Word2Vec.train: ${cause instanceof Error ? cause.message : cause}`);
  }
}

async function learn(
  trainer: Word2VecHandle,
  corpus: Corpus,
  totalWords: number,
  epochs: number,
  { signal, onProgress, threads = 0 }: Word2VecOptions,
): Promise<number> {
  const began = performance.now();
  let trained = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for await (const batch of batches(corpus)) {
      if (signal?.aborted) return trained;
      const { words, alpha } = await native.word2vecTrain(trainer, batch, threads);
      trained = words;
      const wordsPerSecond = words / ((performance.now() - began) / 1000);
      onProgress?.({
        epoch,
        words,
        totalWords,
        wordsPerSecond,
        eta: Math.max(0, totalWords - words) / wordsPerSecond,
        alpha,
      });
    }
  }
  if (trained === 0 && totalWords > 0)
    throw new WeightsError('Word2Vec.train: the corpus was empty when it was read again');
  return trained;
}

function readOptions(options: Word2VecOptions) {
  checkOptions('Word2Vec.train', options, [
    ...(Object.keys(defaults) as (keyof typeof defaults)[]),
    'hs',
    'negative',
    'mode',
    'threads',
    'signal',
    'onProgress',
  ]);
  const given = Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as Word2VecOptions;
  const settings = { ...defaults, ...given } as typeof defaults & Word2VecOptions;
  const negative = settings.negative ?? (settings.hs ? 0 : 5);
  const refuse = (problem: string): never => {
    throw new UsageError(`Word2Vec.train: ${problem}`);
  };
  const whole = (name: string, value: unknown, least: number, most: number) =>
    (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) ||
    refuse(`${name} must be a whole number from ${least} to ${most}, got ${value}`);
  const number = (name: string, value: unknown, least: number) =>
    (typeof value === 'number' && Number.isFinite(value) && value >= least) ||
    refuse(`${name} must be a number from ${least}, got ${value}`);
  whole('vectorSize', settings.vectorSize, 1, 1 << 20);
  whole('window', settings.window, 1, 10_000);
  whole('minCount', settings.minCount, 1, 2 ** 52);
  whole('epochs', settings.epochs, 1, 1 << 20);
  whole('negative', negative, 0, 10_000);
  whole('seed', settings.seed, 0, 2 ** 52);
  number('sample', settings.sample, 0);
  number('alpha', settings.alpha, 0);
  number('minAlpha', settings.minAlpha, 0);
  number('nsExponent', settings.nsExponent, Number.NEGATIVE_INFINITY);
  if (settings.minAlpha > settings.alpha) refuse(`minAlpha ${settings.minAlpha} is above alpha ${settings.alpha}`);
  if (settings.hs && negative > 0) refuse('hs and negative exclude each other; give negative: 0 with hs');
  if (!settings.hs && negative === 0)
    refuse('nothing is learnt without noise words; give negative from 1, or hs: true');
  if (settings.mode !== undefined && !['fast', 'exact'].includes(settings.mode))
    refuse(`mode must be fast or exact, got ${settings.mode}`);
  const { hs, mode, threads, signal, onProgress, ...rest } = settings;
  return { ...rest, negative, exact: mode === 'exact' };
}
