/** Training of fastText's classifiers: settings and their checks. */
import { UsageError } from '../errors.js';
import { type FastTextHandle, native } from '../native.js';
import { checkOptions, describeValue } from '../options.js';
import { refused } from '../weights/weight-file.js';

/** How far training is. */
export interface FastTextProgress {
  /** Tokens learnt from, every epoch counted; the end of a line is one. */
  readonly tokens: number;
  readonly tokensPerSecond: number;
}

/** Settings of {@link FastText.trainSupervised}, under fastText's names and with its defaults. */
export interface FastTextTrainOptions {
  /** Learning rate, which falls to 0. Default: 0.1. */
  lr?: number;
  /** Size of the vectors. Default: 100. */
  dim?: number;
  /** Default: 5. */
  epoch?: number;
  /** Least count of a word. Default: 1. */
  minCount?: number;
  /** Least count of a label. Default: 0. */
  minCountLabel?: number;
  /** Shortest n-gram of characters. Default: 0. */
  minn?: number;
  /** Longest n-gram of characters; 0: none. Default: 0. */
  maxn?: number;
  /** Labels drawn as wrong ones, with loss `ns`. Default: 5. */
  neg?: number;
  /** Longest n-gram of words. Default: 1. */
  wordNgrams?: number;
  /** Rows for n-grams, if there are any. Default: 2,000,000: with `dim` 100, 800 MB. */
  bucket?: number;
  /** Softmax, negative sampling, hierarchical softmax or one-vs-all. Default: `softmax`. */
  loss?: 'softmax' | 'ns' | 'hs' | 'ova';
  /** The same seed with one thread gives the same bits. Default: 0. */
  seed?: number;
  /** Default: 1. With more, results differ from run to run; 0: all CPUs. */
  threads?: number;
  /** Ends training; what was learnt stays, and the model is returned. */
  signal?: AbortSignal;
  /** Told twice a second. */
  onProgress?: (progress: FastTextProgress) => void;
}

const defaults = {
  lr: 0.1,
  dim: 100,
  epoch: 5,
  minCount: 1,
  minCountLabel: 0,
  minn: 0,
  maxn: 0,
  neg: 5,
  wordNgrams: 1,
  bucket: 2_000_000,
  loss: 'softmax',
  seed: 0,
  ws: 5,
  lrUpdateRate: 100,
  t: 1e-4,
} as const;
const least: Readonly<Record<string, number>> = { dim: 1, epoch: 1 };
const losses: readonly unknown[] = ['softmax', 'ns', 'hs', 'ova'];
const call = 'FastText.trainSupervised';

/** Trains on the lines of a file, or on lines. */
export async function trainSupervised(
  input: string | Iterable<string>,
  options: FastTextTrainOptions,
): Promise<FastTextHandle> {
  const { settings, threads, signal, onProgress } = readOptions(options);
  const source = typeof input === 'string' ? input : 'the lines';
  if (source === '' || source.includes('\0')) throw new UsageError(`${call}: the path of the file must not be empty`);
  const text = typeof input === 'string' ? undefined : joined(input);
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
    return await native.fastTextTrain(source, text, settings, threads, progress).catch(refused);
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function readOptions(options: FastTextTrainOptions) {
  const { ws, lrUpdateRate, t, ...given } = defaults;
  const names = Object.keys(given) as (keyof typeof given)[];
  checkOptions(call, options, [...names, 'threads', 'signal', 'onProgress']);
  const { threads = 1, signal, onProgress, ...rest } = options;
  const settings = { ...defaults, ...withoutUndefined(rest) } as typeof defaults & Required<FastTextTrainOptions>;
  for (const name of names) {
    const value = settings[name];
    if (name === 'loss') {
      if (!losses.includes(value))
        throw new UsageError(`${call}: loss must be one of ${losses.join(', ')}, got ${describeValue(value)}`);
    } else if (name === 'lr') {
      if (!(Number(value) > 0 && Number(value) < Number.POSITIVE_INFINITY))
        throw new UsageError(`${call}: lr must be a number above 0, got ${describeValue(value)}`);
    } else {
      const from = least[name] ?? 0;
      const most = name === 'dim' ? 2 ** 20 : 2 ** 31 - 1;
      if (!Number.isInteger(value) || Number(value) < from || Number(value) > most)
        throw new UsageError(`${call}: ${name} must be a whole number from ${from}, got ${describeValue(value)}`);
    }
  }
  if ((settings.maxn > 0 || settings.wordNgrams > 1) && settings.bucket < 1)
    throw new UsageError(`${call}: n-grams need rows; bucket must be at least 1`);
  return { settings, threads, signal, onProgress };
}

function withoutUndefined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function joined(lines: Iterable<string>): Uint8Array {
  if (typeof Object(lines)[Symbol.iterator] !== 'function')
    throw new UsageError(`${call}: expected the path of a file or lines, got ${describeValue(lines)}`);
  const all: string[] = [];
  for (const line of lines) {
    if (typeof line !== 'string') throw new UsageError(`${call}: a line must be a text, got ${describeValue(line)}`);
    if (line.includes('\n')) throw new UsageError(`${call}: a line holds "\\n"; give it as several`);
    all.push(line);
  }
  return Buffer.from(all.join('\n'));
}
