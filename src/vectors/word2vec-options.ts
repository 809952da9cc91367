/** How word2vec learns; names and defaults are gensim's. */
import { UsageError } from '../errors.js';
import type { NativeWord2Vec } from '../native.js';
import { checkOptions } from '../options.js';
import { checks, withoutUndefined } from './option-checks.js';
import type { TrainingControls } from './training.js';

/** How {@link Word2Vec.train} and {@link Word2Vec.resume} run. */
export interface Word2VecControls extends TrainingControls {
  /**
   * A file that holds all of the training, rewritten after each epoch, every ten minutes, and when `signal` ends it;
   * `Word2Vec.load(file)` and `resume` go on from there.
   */
  checkpoint?: string | undefined;
}

/** How often the corpus is read, and how far words move. */
export interface TrainingSchedule {
  /** Times the corpus is read. Default: 5. */
  epochs?: number | undefined;
  /** Learning rate at the start and at the end. Defaults: 0.025, 1e-4. */
  alpha?: number | undefined;
  minAlpha?: number | undefined;
}

/** How {@link Word2Vec.train} learns. */
export interface Word2VecOptions extends TrainingSchedule, Word2VecControls {
  /** Components of a vector. Default: 100. */
  vectorSize?: number | undefined;
  /** Most words to each side that count as context. Default: 5. */
  window?: number | undefined;
  /** Words that come less often are left out. Default: 5. */
  minCount?: number | undefined;
  /** Raises `minCount` until no more words than this are left. Default: any number. */
  maxFinalVocab?: number | undefined;
  /** Bounds memory while words are counted: above so many different words the rarest are forgotten. Default: any number. */
  maxVocabSize?: number | undefined;
  /** Words with more than this share of the corpus are passed over now and then; 0: never. Default: 1e-3. */
  sample?: number | undefined;
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
}

/** Every option with its value. */
export type Word2VecSettings = NativeWord2Vec & Schedule;

type Schedule = { epochs: number; alpha: number; minAlpha: number };

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
  maxVocabSize: 0,
  maxFinalVocab: 0,
};
const controls = ['threads', 'checkpoint', 'signal', 'onProgress'] as const;
const schedule = ['epochs', 'alpha', 'minAlpha'] as const;

/** @throws UsageError for options that make no sense. */
export function readOptions(call: string, options: Word2VecOptions): Word2VecSettings {
  const names = Object.keys(defaults) as (keyof typeof defaults)[];
  checkOptions(call, options, [...names, 'hs', 'negative', 'mode', ...controls]);
  const { hs = false, mode = 'fast', negative = hs ? 0 : 5, ...rest } = withoutUndefined(options);
  const settings = { ...defaults, ...rest };
  const { whole, number, refuse } = checks(call);
  whole('vectorSize', settings.vectorSize, 1, 1 << 20);
  whole('window', settings.window, 1, 10_000);
  whole('minCount', settings.minCount, 1, 2 ** 52);
  whole('negative', negative, 0, 10_000);
  whole('seed', settings.seed, 0, 2 ** 52);
  whole('maxVocabSize', settings.maxVocabSize, 0, 2 ** 31 - 2);
  whole('maxFinalVocab', settings.maxFinalVocab, 0, 2 ** 31 - 2);
  number('sample', settings.sample, 0);
  number('nsExponent', settings.nsExponent, Number.NEGATIVE_INFINITY);
  if (hs && negative > 0) refuse('hs and negative exclude each other; give negative: 0 with hs');
  if (!hs && negative === 0) refuse('nothing is learnt without noise words; give negative from 1, or hs: true');
  if (mode !== 'fast' && mode !== 'exact') refuse(`mode must be fast or exact, got ${mode}`);
  const { threads, checkpoint, signal, onProgress, ...learning } = settings;
  return { ...learning, ...readSchedule(call, settings), negative, exact: mode === 'exact' };
}

/** The schedule of further training, whose defaults are those of the first. */
export function readFurther(
  call: string,
  options: TrainingSchedule & Word2VecControls,
  first: Word2VecSettings,
): Schedule {
  checkOptions(call, options, [...schedule, ...controls]);
  const { epochs, alpha, minAlpha } = { ...first, ...withoutUndefined(options) };
  return readSchedule(call, { epochs, alpha, minAlpha });
}

/** @throws UsageError for others than those of {@link Word2VecControls}. */
export function checkControls(call: string, options: Word2VecControls): void {
  checkOptions(call, options, controls);
}

function readSchedule(call: string, { epochs, alpha, minAlpha }: Schedule): Schedule {
  const { whole, number, refuse } = checks(call);
  whole('epochs', epochs, 1, 1 << 20);
  number('alpha', alpha, 0);
  number('minAlpha', minAlpha, 0);
  if (minAlpha > alpha) refuse(`minAlpha ${minAlpha} is above alpha ${alpha}`);
  return { epochs, alpha, minAlpha };
}

/** Settings as a file has them. @throws UsageError that names the one that makes no sense. */
export function readStored(call: string, settings: object): Word2VecSettings {
  const { exact, maxVocabSize, maxFinalVocab, ...rest } = settings as Word2VecSettings;
  if (typeof exact !== 'boolean') throw new UsageError(`${call}: exact must be true or false, got ${exact}`);
  return readOptions(call, {
    ...rest,
    maxVocabSize: maxVocabSize || undefined,
    maxFinalVocab: maxFinalVocab || undefined,
    hs: rest.negative === 0,
    mode: exact ? 'exact' : 'fast',
  });
}
