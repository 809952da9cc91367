/** GloVe's training; names and defaults are those of Stanford's program. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type GloveHandle, native } from '../native.js';
import { checkOptions } from '../options.js';
import { batches, type Corpus, checkCorpus } from './corpus.js';
import type { KeyedVectors } from './keyed-vectors.js';
import { checks } from './option-checks.js';
import { learnt, told } from './training.js';

/** How {@link Glove.train} learns. */
export interface GloveOptions {
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
  /** Threads that change the vectors without waiting for each other. Default: all CPUs of this process. */
  threads?: number | undefined;
  /** Ends training; what was learnt until then is kept. While words and pairs are counted there is nothing to keep: it rejects. */
  signal?: AbortSignal | undefined;
  /** Called after about a million pairs. */
  onProgress?: ((progress: GloveProgress) => void) | undefined;
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
const call = 'Glove.train';

/** Word vectors from how often words come together (Pennington, Socher and Manning 2014, "GloVe: Global Vectors"). */
export class Glove {
  /** What was learnt: the vectors of the words, most frequent first. */
  readonly wv: KeyedVectors;
  /** Words of the corpus that are in the vocabulary. */
  readonly corpusWords: number;
  /** Pairs of words that come together, each way counted. */
  readonly pairs: number;
  /** Pairs trained, over all epochs; fewer than `epochs · pairs` if training was ended. */
  readonly trainedPairs: number;

  private constructor(trainer: GloveHandle, corpusWords: number, pairs: number, trainedPairs: number) {
    this.wv = learnt(call, () => native.gloveVectors(trainer));
    this.corpusWords = corpusWords;
    this.pairs = pairs;
    this.trainedPairs = trainedPairs;
  }

  /**
   * Reads the corpus twice, to count words and then pairs, and learns from the pairs alone, away from the event loop.
   * @throws UsageError for a corpus that can be read only once or in which no two frequent words come together, options that
   * make no sense, and a learning rate at which the vectors grow beyond all bounds.
   */
  static async train(corpus: Corpus, options: GloveOptions = {}): Promise<Glove> {
    checkCorpus(call, corpus);
    const { epochs, ...settings } = readOptions(options);
    const folder = await mkdtemp(join(tmpdir(), 'vectral-glove-'));
    const remove = () => rmSync(folder, { recursive: true, force: true });
    process.once('exit', remove); // while this runs
    try {
      const trainer = native.glove({ ...settings, folder });
      for await (const batch of batches(corpus)) {
        options.signal?.throwIfAborted();
        await native.gloveCount(trainer, batch);
      }
      const corpusWords = await told(call, native.gloveBuild(trainer));
      for await (const batch of batches(corpus)) {
        options.signal?.throwIfAborted();
        await told(call, native.gloveCooccur(trainer, batch));
      }
      const pairs = await told(call, native.gloveGather(trainer));
      const trained = await learn(trainer, pairs, epochs, options);
      return new Glove(trainer, corpusWords, pairs, trained);
    } finally {
      process.off('exit', remove);
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function learn(trainer: GloveHandle, pairs: number, epochs: number, options: GloveOptions): Promise<number> {
  const { threads = 0, signal, onProgress } = options;
  const totalPairs = epochs * pairs;
  const began = performance.now();
  let trained = 0;
  do {
    if (signal?.aborted) break;
    const epoch = pairs === 0 ? 1 : Math.floor(trained / pairs) + 1;
    const { pairs: done, loss } = await told(call, native.gloveTrain(trainer, threads));
    trained = done;
    const pairsPerSecond = trained / ((performance.now() - began) / 1000);
    const eta = (totalPairs - trained) / pairsPerSecond;
    onProgress?.({ epoch, pairs: trained, totalPairs, pairsPerSecond, eta, loss });
  } while (trained < totalPairs);
  return trained;
}

function readOptions(options: GloveOptions) {
  const names = Object.keys(defaults) as (keyof typeof defaults)[];
  checkOptions(call, options, [...names, 'threads', 'signal', 'onProgress']);
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
      refuse(`${name} must be a number above 0, got ${value}`);
  }
  const { model, ...learning } = settings;
  if (model !== 'sum' && model !== 'word') refuse(`model must be sum or word, got ${model}`);
  return { ...learning, sum: model === 'sum' };
}
