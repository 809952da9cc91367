/** How fastText learns; names and defaults are its own. */
import { UsageError } from '../errors.js';
import type { NativeFastText } from '../native.js';
import { checkOptions } from '../options.js';
import { checks, withoutUndefined } from './option-checks.js';
import type { TrainingControls } from './training.js';

/** How {@link FastText.train} and {@link FastText.resume} run. */
export interface FastTextControls extends TrainingControls {
  /**
   * A file that holds all of the training, rewritten after each epoch, every ten minutes, and when `signal` ends it;
   * `FastText.resume(file, corpus)` goes on from there.
   */
  checkpoint?: string | undefined;
}

/** How {@link FastText.train} learns. */
export interface FastTextOptions extends FastTextControls {
  /** Predicts context words from a word, or a word from its context. Default: `skipgram`. */
  model?: 'skipgram' | 'cbow' | undefined;
  /** Learning rate, which falls to 0. Default: 0.05. */
  lr?: number | undefined;
  /** Components of a vector. Default: 100. */
  dim?: number | undefined;
  /** Most words to each side that count as context; a width from 1 to it is drawn at each word. Default: 5. */
  ws?: number | undefined;
  /** Times the corpus is read. Default: 5. */
  epoch?: number | undefined;
  /** Words that come less often are left out. Default: 5. */
  minCount?: number | undefined;
  /** Shortest and longest n-gram of characters; `maxn` 0: none. Defaults: 3, 6. */
  minn?: number | undefined;
  maxn?: number | undefined;
  /** Rows that n-grams share. Default: 2,000,000: with `dim` 100, 800 MB. */
  bucket?: number | undefined;
  /** Noise words, or hierarchical softmax. Default: `ns`. */
  loss?: 'ns' | 'hs' | undefined;
  /** Noise words for each, with loss `ns`. Default: 5. */
  neg?: number | undefined;
  /** Words with more than this share of the corpus are passed over now and then; 0: never. Default: 1e-4. */
  t?: number | undefined;
  /**
   * `exact`: step after step, as fastText; `fast`: the rows of a word change when the word is done with, and targets share
   * noise words. Default: `fast`.
   */
  mode?: 'fast' | 'exact' | undefined;
  /** With one thread the same seed gives the same vectors. Default: 0. */
  seed?: number | undefined;
}

/** How {@link FastText.trainSupervised} learns. */
export interface FastTextSupervisedOptions {
  /** Learning rate, which falls to 0. Default: 0.1. */
  lr?: number | undefined;
  /** Components of a vector. Default: 100. */
  dim?: number | undefined;
  /** Times the lines are gone through. Default: 5. */
  epoch?: number | undefined;
  /** Words that come less often are left out. Default: 1. */
  minCount?: number | undefined;
  /** Labels that come less often are left out. Default: 0. */
  minCountLabel?: number | undefined;
  /** Shortest and longest n-gram of characters; `maxn` 0: none. Defaults: 0, 0. */
  minn?: number | undefined;
  maxn?: number | undefined;
  /** Rows that n-grams share, if there are any. Default: 2,000,000: with `dim` 100, 800 MB. */
  bucket?: number | undefined;
  /** Longest n-gram of words. Default: 1. */
  wordNgrams?: number | undefined;
  /** Softmax, negative sampling, hierarchical softmax or one-vs-all. Default: `softmax`. */
  loss?: 'softmax' | 'ns' | 'hs' | 'ova' | undefined;
  /** Labels drawn as wrong ones, with loss `ns`. Default: 5. */
  neg?: number | undefined;
  /** With one thread the same seed gives the same model. Default: 0. */
  seed?: number | undefined;
  /** Threads that change the model without waiting for each other. Default: 1; 0: all CPUs of this process. */
  threads?: number | undefined;
  /** Ends training; what was learnt until then is kept. While the corpus is read first there is nothing to keep: it rejects. */
  signal?: AbortSignal | undefined;
  /** Called twice a second. */
  onProgress?: ((progress: FastTextProgress) => void) | undefined;
}

/** How far training of a classifier is. */
export interface FastTextProgress {
  /** Tokens learnt from, every epoch counted; the end of a line is one. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
}

const shared = { dim: 100, epoch: 5, bucket: 2_000_000, neg: 5, seed: 0 };
const unsupervised = {
  ...shared,
  model: 'skipgram',
  lr: 0.05,
  ws: 5,
  minCount: 5,
  minn: 3,
  maxn: 6,
  loss: 'ns',
  t: 1e-4,
};
const supervised = {
  ...shared,
  lr: 0.1,
  minCount: 1,
  minCountLabel: 0,
  minn: 0,
  maxn: 0,
  wordNgrams: 1,
  loss: 'softmax',
};
const controls = ['threads', 'signal', 'onProgress'] as const;
/** The least of each number that is not free to be 0. */
const least: Readonly<Record<string, number>> = { dim: 1, epoch: 1, ws: 1 };
const most: Readonly<Record<string, number>> = { dim: 1 << 20, ws: 10_000, minn: 1000, maxn: 1000, seed: 2 ** 52 };

/** Every option of {@link FastText.train} with its value. */
export type FastTextSettings = NativeFastText & { lr: number; epoch: number; exact: boolean };

/** @throws UsageError for options that make no sense. */
export function readOptions(call: string, options: FastTextOptions): FastTextSettings {
  checkOptions(call, options, [...namesOf(unsupervised), 'mode', 'checkpoint', ...controls]);
  const { mode = 'fast', checkpoint, threads, signal, onProgress, ...given } = withoutUndefined(options);
  const settings = { ...unsupervised, ...given };
  checkSettings(call, settings, { model: ['skipgram', 'cbow'], loss: ['ns', 'hs'] });
  const { refuse } = checks(call);
  if (mode !== 'fast' && mode !== 'exact') refuse(`mode must be fast or exact, got ${mode}`);
  if (settings.loss === 'ns' && settings.neg === 0)
    refuse("nothing is learnt without noise words; give neg from 1, or loss: 'hs'");
  return { ...(settings as NativeFastText & typeof settings), wordNgrams: 1, exact: mode === 'exact' };
}

/** Settings as a file has them. @throws UsageError that names the one that makes no sense. */
export function readStored(call: string, settings: object): FastTextSettings {
  const { exact, wordNgrams, ...rest } = settings as FastTextSettings;
  if (typeof exact !== 'boolean') throw new UsageError(`${call}: exact must be true or false, got ${exact}`);
  return readOptions(call, { ...(rest as FastTextOptions), mode: exact ? 'exact' : 'fast' });
}

/** @throws UsageError for others than those of {@link FastTextControls}. */
export function checkControls(call: string, options: FastTextControls): void {
  checkOptions(call, options, ['checkpoint', ...controls]);
}

/** @throws UsageError for options that make no sense. */
export function readSupervisedOptions(
  call: string,
  options: FastTextSupervisedOptions,
): NativeFastText & { lr: number; minCountLabel: number } {
  checkOptions(call, options, [...namesOf(supervised), ...controls]);
  const { threads, signal, onProgress, ...given } = withoutUndefined(options);
  const settings = { ...supervised, ...given };
  checkSettings(call, settings, { loss: ['softmax', 'ns', 'hs', 'ova'] });
  return { ...(settings as NativeFastText & typeof settings), model: 'supervised', ws: 5, t: 1e-4 };
}

function namesOf<T extends object>(settings: T): (keyof T & string)[] {
  return Object.keys(settings) as (keyof T & string)[];
}

function checkSettings(call: string, settings: object, names: Readonly<Record<string, readonly unknown[]>>): void {
  const { refuse, whole, number } = checks(call);
  for (const [name, value] of Object.entries(settings)) {
    const known = names[name];
    if (known !== undefined) {
      if (!known.includes(value)) refuse(`${name} must be one of ${known.join(', ')}, got ${value}`);
    } else if (name === 'lr' || name === 't') {
      number(name, value, 0);
    } else {
      whole(name, value, least[name] ?? 0, most[name] ?? 2 ** 31 - 1);
    }
  }
  const { maxn, minn, wordNgrams = 1, bucket } = settings as Required<FastTextSupervisedOptions>;
  if (maxn! > 0 && minn! > maxn!) refuse(`minn ${minn} is above maxn ${maxn}`);
  if ((maxn! > 0 || wordNgrams! > 1) && bucket! < 1) refuse('n-grams need rows; bucket must be at least 1');
}
