/** GloVe's training, in the terms of Stanford's program. */
import { tmpdir } from 'node:os';
import { WeightsError } from '../errors.js';
import { type GloveHandle, native } from '../native.js';
import { checkPath } from '../options.js';
import { batches, type Corpus, checkCorpus } from './corpus.js';
import { type GlovePosition, type GloveTraining, loadGlove, saveGlove } from './glove-file.js';
import {
  checkControls,
  type GloveControls,
  type GloveOptions,
  type GloveSettings,
  readOptions,
} from './glove-options.js';
import type { KeyedVectors } from './keyed-vectors.js';
import { checkCheckpoint, keeper } from './state-file.js';
import { learnt, told } from './training.js';

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

  private constructor(call: string, trainer: GloveHandle, { corpusWords, pairs, trainedPairs }: GlovePosition) {
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
    const call = 'Glove.train';
    checkCorpus(call, corpus);
    const settings = readOptions(call, options);
    await checkCheckpoint(call, corpus, options.checkpoint);
    return Glove.#learn(call, corpus, settings, options);
  }

  /**
   * Goes on with the training that the option `checkpoint` of {@link Glove.train} kept in a file, with the same corpus, whose
   * pairs are counted anew; with one thread, to the bits that it would have come to.
   * @throws WeightsError naming the file and the field, where it is not what it should be, and for another corpus.
   */
  static async resume(path: string, corpus: Corpus, options: GloveControls = {}): Promise<Glove> {
    const call = 'Glove.resume';
    checkPath(call, path);
    checkCorpus(call, corpus);
    checkControls(call, options);
    await checkCheckpoint(call, corpus, options.checkpoint);
    const training = await loadGlove(path);
    return Glove.#learn(call, corpus, training.settings, options, { ...training, path });
  }

  static async #learn(
    call: string,
    corpus: Corpus,
    settings: GloveSettings,
    options: GloveControls,
    before?: GloveTraining & { path: string },
  ): Promise<Glove> {
    const { epochs, ...learning } = settings;
    const trainer = native.glove({ ...learning, folder: tmpdir() });
    try {
      const counted = await countPairs(call, trainer, corpus, options.signal);
      if (before) await goOn(call, trainer, counted, before, options.signal);
      const start = { ...counted, trainedPairs: before?.position.trainedPairs ?? 0 };
      return new Glove(call, trainer, await learn(call, trainer, settings, start, options));
    } finally {
      native.gloveRelease(trainer); // its temporary file takes room on the disk
    }
  }
}

async function countPairs(
  call: string,
  trainer: GloveHandle,
  corpus: Corpus,
  signal: AbortSignal | undefined,
): Promise<Omit<GlovePosition, 'trainedPairs'>> {
  for await (const batch of batches(corpus)) {
    signal?.throwIfAborted();
    await native.gloveCount(trainer, batch);
  }
  const corpusWords = await told(call, native.gloveBuild(trainer));
  for await (const batch of batches(corpus)) {
    signal?.throwIfAborted();
    await told(call, native.gloveCooccur(trainer, batch));
  }
  return { corpusWords, pairs: await told(call, native.gloveGather(trainer)) };
}

/** Brings a trainer that has counted its pairs to where `before` had come: the pairs lie in the order that its shuffles gave them. */
async function goOn(
  call: string,
  trainer: GloveHandle,
  { corpusWords, pairs }: Omit<GlovePosition, 'trainedPairs'>,
  { path, position, vocabulary, state }: GloveTraining & { path: string },
  signal: AbortSignal | undefined,
): Promise<void> {
  const { words } = native.gloveVocabulary(trainer);
  if (
    corpusWords !== position.corpusWords ||
    pairs !== position.pairs ||
    !Buffer.from(words).equals(vocabulary.words)
  ) {
    throw new WeightsError(
      `${call}: the corpus has ${corpusWords} known words and ${pairs} pairs, that of ${path} ${position.corpusWords} and ${position.pairs}, or other words; give the one that training began with`,
    );
  }
  for (let at = 0; at < position.trainedPairs; ) {
    signal?.throwIfAborted();
    at = await told(call, native.gloveSkip(trainer));
  }
  try {
    native.gloveRestore(trainer, state);
  } catch (cause) {
    throw new WeightsError(`${path}: ${cause instanceof Error ? cause.message : cause}; the file is damaged`);
  }
}

/** From where it is to the end of its epochs; gives where it came to. */
async function learn(
  call: string,
  trainer: GloveHandle,
  settings: GloveSettings,
  start: GlovePosition,
  { threads = 0, signal, checkpoint, onProgress }: GloveControls,
): Promise<GlovePosition> {
  const { pairs } = start;
  const totalPairs = settings.epochs * pairs;
  const keep = keeper(checkpoint, (file, reached: GlovePosition) => saveGlove(call, file, trainer, settings, reached));
  const began = performance.now();
  let position = start;
  // Without pairs the trainer tells that there are none.
  while ((pairs === 0 || position.trainedPairs < totalPairs) && !signal?.aborted) {
    const epoch = Math.floor(position.trainedPairs / pairs) + 1;
    const { pairs: trainedPairs, loss } = await told(call, native.gloveTrain(trainer, threads));
    position = { ...position, trainedPairs };
    await keep(position, false);
    const pairsPerSecond = (trainedPairs - start.trainedPairs) / ((performance.now() - began) / 1000);
    const eta = (totalPairs - trainedPairs) / pairsPerSecond;
    onProgress?.({ epoch, pairs: trainedPairs, totalPairs, pairsPerSecond, eta, loss });
  }
  await keep(position, true);
  return position;
}
