/** How GloVe learns; names and defaults are those of Stanford's program. */
import { UsageError } from '../errors.js';
import type { NativeGlove } from '../native.js';
import { checkOptions, describeValue } from '../options.js';
import { checks } from './option-checks.js';

/** How {@link Glove.train} and {@link Glove.resume} run. */
export interface GloveControls {
  /** Threads that change the vectors without waiting for each other. Default: all CPUs of this process. */
  threads?: number | undefined;
  /** Ends training; what was learnt until then is kept. While words and pairs are counted there is nothing to keep: it rejects. */
  signal?: AbortSignal | undefined;
  /** Called after about a million pairs. */
  onProgress?: ((progress: GloveProgress) => void) | undefined;
  /**
   * A file that holds all of the training but for its pairs, rewritten every ten minutes, at the end, and when `signal` ends
   * training; `Glove.resume(file, corpus)` goes on from there.
   */
  checkpoint?: string | undefined;
}

/** How {@link Glove.train} learns. */
export interface GloveOptions extends GloveControls {
  /** Components of a vector. Default: 50. */
  vectorSize?: number | undefined;
  /** Most words to each side that count as context. Default: 15. */
  windowSize?: number | undefined;
  /** Context on both sides; else on the left alone. Default: true. */
  symmetric?: boolean | undefined;
  /** A pair d words apart counts 1 / d; else 1. Default: true. */
  distanceWeighting?: boolean | undefined;
  /** Words that come less often are left out. Default: 5. */
  minCount?: number | undefined;
  /** Raises `minCount` until no more words than this are left. Default: any number. */
  maxVocab?: number | undefined;
  /** MiB for pairs of words; what is more goes to files in the folder for temporary ones, and these away at the end. Default: 1024. */
  memory?: number | undefined;
  /** Times the pairs are gone through. Default: 25. */
  epochs?: number | undefined;
  /** Learning rate of AdaGrad. Default: 0.05. */
  eta?: number | undefined;
  /** Pairs weigh min(1, (count / xMax)^alpha). Defaults: 100, 0.75. */
  xMax?: number | undefined;
  alpha?: number | undefined;
  /** Most that a component of a gradient may be. Default: 100. */
  gradClip?: number | undefined;
  /** `sum`: vectors of words and of contexts added up; `word`: of words alone. Default: `sum`. */
  model?: 'sum' | 'word' | undefined;
  /** With one thread the same seed gives the same vectors. Default: 1. */
  seed?: number | undefined;
}

/** How far GloVe's training is. */
export interface GloveProgress {
  /** From 1. */
  readonly epoch: number;
  /** Pairs trained so far, of `totalPairs` over all epochs. */
  readonly pairs: number;
  readonly totalPairs: number;
  readonly pairsPerSecond: number;
  /** Seconds that are left. */
  readonly eta: number;
  /** Mean of half the weighted squared miss of the pairs since the last call. */
  readonly loss: number;
}

const defaults = {
  vectorSize: 50,
  windowSize: 15,
  symmetric: true,
  distanceWeighting: true,
  minCount: 5,
  maxVocab: 0,
  memory: 1024,
  epochs: 25,
  eta: 0.05,
  xMax: 100,
  alpha: 0.75,
  gradClip: 100,
  model: 'sum' as 'sum' | 'word',
  seed: 1,
};
const controls = ['threads', 'checkpoint', 'signal', 'onProgress'] as const;

/** Every option with its value. */
export type GloveSettings = Omit<NativeGlove, 'folder'> & { epochs: number };

/** @throws UsageError for others than those of {@link GloveControls}. */
export function checkControls(call: string, options: GloveControls): void {
  checkOptions(call, options, controls);
}

/** @throws UsageError for options that make no sense. */
export function readOptions(call: string, options: GloveOptions): GloveSettings {
  const names = Object.keys(defaults) as (keyof typeof defaults)[];
  checkOptions(call, options, [...names, ...controls]);
  const given = names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]]));
  const settings: typeof defaults = { ...defaults, ...Object.fromEntries(given) };
  const { refuse, whole } = checks(call);
  whole('vectorSize', settings.vectorSize, 1, 1 << 20);
  whole('windowSize', settings.windowSize, 1, 10_000);
  whole('minCount', settings.minCount, 1, 2 ** 52);
  whole('maxVocab', settings.maxVocab, 0, 2 ** 31 - 2);
  whole('memory', settings.memory, 1, 1 << 24);
  whole('epochs', settings.epochs, 1, 1 << 20);
  whole('seed', settings.seed, 0, 2 ** 52);
  for (const name of ['eta', 'xMax', 'alpha', 'gradClip'] as const) {
    const value: unknown = settings[name];
    if (!(typeof value === 'number' && Number.isFinite(value) && (value > 0 || (name === 'alpha' && value === 0))))
      refuse(`${name} must be a number above 0, got ${describeValue(value)}`);
  }
  const { model, ...learning } = settings;
  if (model !== 'sum' && model !== 'word') refuse(`model must be sum or word, got ${model}`);
  return { ...learning, sum: model === 'sum' };
}

/** Settings as a file has them. @throws UsageError that names the one that makes no sense. */
export function readStored(call: string, settings: object): GloveSettings {
  const { sum, maxVocab, ...rest } = settings as GloveSettings;
  if (typeof sum !== 'boolean') throw new UsageError(`${call}: sum must be true or false, got ${sum}`);
  return readOptions(call, { ...rest, maxVocab: maxVocab || undefined, model: sum ? 'sum' : 'word' });
}
