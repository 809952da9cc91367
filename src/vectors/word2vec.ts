/** Word2vec's training, in gensim's terms. */
import { UsageError, WeightsError } from '../errors.js';
import { native, type Word2VecHandle } from '../native.js';
import { batches, type Corpus, checkCorpus } from './corpus.js';
import { KeyedVectors } from './keyed-vectors.js';
import { loadTraining, saveTraining, type TrainingPosition } from './word2vec-file.js';
import {
  checkControls,
  readFurther,
  readOptions,
  type TrainingControls,
  type TrainingSchedule,
  type Word2VecOptions,
  type Word2VecSettings,
} from './word2vec-options.js';

const checkpointSeconds = 600;

/** Trained word vectors (Mikolov et al. 2013, arXiv:1301.3781 and arXiv:1310.4546), and all it takes to train them further. */
export class Word2Vec {
  readonly #trainer: Word2VecHandle;
  readonly #settings: Word2VecSettings;
  #position: TrainingPosition;
  #wv: KeyedVectors | undefined;
  #learning = false;

  private constructor(trainer: Word2VecHandle, settings: Word2VecSettings, position: TrainingPosition) {
    this.#trainer = trainer;
    this.#settings = settings;
    this.#position = position;
  }

  /** What was learnt: the vectors of the words, most frequent first. A copy, which further training does not change. */
  get wv(): KeyedVectors {
    this.#wv ??= learnt('Word2Vec', this.#trainer);
    return this.#wv;
  }

  /** Words of the corpus that are in the vocabulary. */
  get corpusWords(): number {
    return this.#position.corpusWords;
  }

  /** Words trained, over all epochs; fewer than `epochs · corpusWords` if training was ended. */
  get trainedWords(): number {
    return this.#position.trainedWords;
  }

  /**
   * Learns a vector for each word that comes `minCount` times or more. The corpus is read once to count and once an epoch, in
   * batches; training runs away from the event loop.
   * @throws UsageError for a corpus that can be read only once or has no word often enough, options that make no sense, and
   * a learning rate at which the vectors grow beyond all bounds.
   */
  static async train(corpus: Corpus, options: Word2VecOptions = {}): Promise<Word2Vec> {
    const call = 'Word2Vec.train';
    checkCorpus(call, corpus);
    const settings = readOptions(call, options);
    const trainer = native.word2vec(settings);
    for await (const batch of batches(corpus)) {
      options.signal?.throwIfAborted();
      await native.word2vecCount(trainer, batch);
    }
    const corpusWords = await told(call, native.word2vecBuild(trainer));
    const model = new Word2Vec(trainer, settings, begin(corpusWords, settings));
    await model.#learn(call, corpus, options);
    return model;
  }

  /**
   * A model that {@link Word2Vec.save} or the option `checkpoint` wrote.
   * @throws WeightsError naming the file and the field, where it is not what it should be.
   */
  static async load(path: string): Promise<Word2Vec> {
    const { trainer, settings, position } = await loadTraining(path);
    return new Word2Vec(trainer, settings, position);
  }

  /** Writes all of the model to one safetensors file, from which training can go on. The vectors alone: `wv.save`. */
  async save(path: string): Promise<void> {
    await saveTraining(path, this.#trainer, this.wv, this.#settings, this.#position);
  }

  /**
   * Goes on where training was ended, with the same corpus; with one thread, to the bits that it would have come to. Does
   * nothing if it had come to its end.
   * @throws WeightsError for a corpus that is shorter than the one it began with.
   */
  async resume(corpus: Corpus, options: TrainingControls = {}): Promise<void> {
    const call = 'Word2Vec.resume';
    checkCorpus(call, corpus);
    checkControls(call, options);
    await this.#alone(call, () => this.#learn(call, corpus, options));
  }

  /** Learns from more text; words that are not in the vocabulary are passed over. The defaults are those of the first training. */
  async train(corpus: Corpus, options: TrainingSchedule & TrainingControls = {}): Promise<void> {
    const call = 'Word2Vec.train';
    checkCorpus(call, corpus);
    const schedule = readFurther(call, options, this.#settings);
    await this.#alone(call, async () => {
      let corpusWords = 0;
      for await (const batch of batches(corpus)) {
        options.signal?.throwIfAborted();
        corpusWords += await native.word2vecKnown(this.#trainer, batch);
      }
      if (corpusWords === 0) throw new UsageError(`${call}: no word of the corpus is in the vocabulary`);
      this.#position = begin(corpusWords, schedule);
      await this.#learn(call, corpus, options);
    });
  }

  /** Two trainings at once would each move what the other has come to. */
  async #alone(call: string, work: () => Promise<void>): Promise<void> {
    if (this.#learning) throw new UsageError(`${call}: the model is being trained; await that first`);
    this.#learning = true;
    try {
      await work();
    } finally {
      this.#learning = false;
    }
  }

  /** From where it is to the end of its epochs. */
  async #learn(call: string, corpus: Corpus, options: TrainingControls): Promise<void> {
    const { epochs, alpha, minAlpha, corpusWords, trainedWords } = this.#position;
    const totalWords = epochs * corpusWords;
    native.word2vecSchedule(this.#trainer, { alpha, minAlpha, words: totalWords, trained: trainedWords });
    const began = performance.now();
    let kept = began;
    for (let { epoch } = this.#position; epoch < epochs; epoch++) {
      const { batches: done, trainedWords: before } = this.#position;
      let batch = 0;
      for await (const text of batches(corpus)) {
        if (batch++ < done) continue;
        if (options.signal?.aborted) return await this.#keep(call, options);
        const { words, alpha, loss } = await native.word2vecTrain(this.#trainer, text, options.threads ?? 0);
        this.#position = { ...this.#position, epoch, batches: batch, trainedWords: words };
        const wordsPerSecond = (words - trainedWords) / ((performance.now() - began) / 1000);
        const eta = Math.max(0, totalWords - words) / wordsPerSecond;
        const measured = Number.isNaN(loss) ? undefined : loss;
        options.onProgress?.({ epoch: epoch + 1, words, totalWords, wordsPerSecond, eta, alpha, loss: measured });
        if (performance.now() - kept < checkpointSeconds * 1000) continue;
        await this.#keep(call, options);
        kept = performance.now();
      }
      if (batch < done || (done === 0 && this.#position.trainedWords === before)) {
        throw new WeightsError(`${call}: the corpus was ${batch === 0 ? 'empty' : 'shorter'} when it was read again`);
      }
      this.#position = { ...this.#position, epoch: epoch + 1, batches: 0 };
      if (options.checkpoint !== undefined || epoch + 1 === epochs) await this.#keep(call, options);
    }
  }

  async #keep(call: string, { checkpoint }: TrainingControls): Promise<void> {
    this.#wv = learnt(call, this.#trainer);
    if (checkpoint !== undefined) await this.save(checkpoint);
  }
}

type Schedule = Pick<TrainingPosition, 'epochs' | 'alpha' | 'minAlpha'>;

function begin(corpusWords: number, { epochs, alpha, minAlpha }: Schedule): TrainingPosition {
  return { corpusWords, epochs, alpha, minAlpha, epoch: 0, batches: 0, trainedWords: 0 };
}

function learnt(call: string, trainer: Word2VecHandle): KeyedVectors {
  try {
    return new KeyedVectors(native.word2vecVectors(trainer));
  } catch (cause) {
    throw new UsageError(`${call}: ${cause instanceof Error ? cause.message : cause}`);
  }
}

async function told<T>(call: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    throw new UsageError(`${call}: ${cause instanceof Error ? cause.message : cause}`);
  }
}
