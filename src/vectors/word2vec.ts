/** Word2vec's training, in gensim's terms. */
import { UsageError } from '../errors.js';
import { native, type WordTrainerHandle } from '../native.js';
import { checkPath } from '../options.js';
import { type Corpus, checkCorpus } from './corpus.js';
import type { KeyedVectors } from './keyed-vectors.js';
import { checkCheckpoint, keeper } from './state-file.js';
import {
  atStart,
  checkSameCorpus,
  countWords,
  knownWords,
  learnt,
  type TrainingPosition,
  type TrainingProgress,
  trainWords,
} from './training.js';
import { loadTraining, saveTraining, type TrainingKind } from './training-file.js';
import {
  checkControls,
  readFurther,
  readOptions,
  readStored,
  type TrainingSchedule,
  type Word2VecControls,
  type Word2VecOptions,
  type Word2VecSettings,
} from './word2vec-options.js';

const kind: TrainingKind<Word2VecSettings> = {
  key: 'vectral.word2vec',
  writer: 'Word2Vec.save',
  readSettings: (settings) => readStored('settings', settings),
  trainer: (settings) => native.word2vec(settings),
};

/** Trained word vectors (Mikolov et al. 2013, arXiv:1301.3781 and arXiv:1310.4546), and all it takes to train them further. */
export class Word2Vec {
  readonly #trainer: WordTrainerHandle;
  readonly #settings: Word2VecSettings;
  #position: TrainingPosition;
  #wv: KeyedVectors | undefined;
  #learning = false;
  #between = false;

  private constructor(trainer: WordTrainerHandle, settings: Word2VecSettings, position: TrainingPosition) {
    this.#trainer = trainer;
    this.#settings = settings;
    this.#position = position;
  }

  /** What was learnt: the vectors of the words, most frequent first. A copy, which further training does not change. */
  get wv(): KeyedVectors {
    this.#wv ??= learnt('Word2Vec', () => native.word2vecVectors(this.#trainer));
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
    await checkCheckpoint(call, corpus, options.checkpoint);
    const trainer = native.word2vec(settings);
    const corpusWords = await countWords(call, trainer, corpus, options.signal);
    const model = new Word2Vec(trainer, settings, atStart(corpusWords, settings));
    await model.#learn(call, corpus, options);
    return model;
  }

  /**
   * A model that {@link Word2Vec.save} or the option `checkpoint` wrote.
   * @throws WeightsError naming the file and the field, where it is not what it should be.
   */
  static async load(path: string): Promise<Word2Vec> {
    checkPath('Word2Vec.load', path);
    const { trainer, settings, position } = await loadTraining(path, kind);
    return new Word2Vec(trainer, settings, position);
  }

  /**
   * Writes all of the model to one safetensors file, from which training can go on. The vectors alone: `wv.save`.
   * @throws UsageError while a batch is trained; in `onProgress` there is none.
   */
  async save(path: string): Promise<void> {
    const call = 'Word2Vec.save';
    checkPath(call, path);
    if (this.#learning && !this.#between) {
      throw new UsageError(`${call}: the model is being trained; await that first, or save from onProgress`);
    }
    await saveTraining(call, path, kind, {
      trainer: this.#trainer,
      settings: this.#settings,
      position: this.#position,
    });
  }

  /**
   * Goes on where training was ended, with the same corpus; with one thread, to the bits that it would have come to. Does
   * nothing if it had come to its end.
   * @throws WeightsError for another corpus than the one it began with, told by its number of known words.
   */
  async resume(corpus: Corpus, options: Word2VecControls = {}): Promise<void> {
    const call = 'Word2Vec.resume';
    checkCorpus(call, corpus);
    checkControls(call, options);
    await this.#alone(call, async () => {
      await checkCheckpoint(call, corpus, options.checkpoint);
      await checkSameCorpus(call, this.#trainer, corpus, this.#position, options.signal);
      await this.#learn(call, corpus, options);
    });
  }

  /** Learns from more text; words that are not in the vocabulary are passed over. The defaults are those of the first training. */
  async train(corpus: Corpus, options: TrainingSchedule & Word2VecControls = {}): Promise<void> {
    const call = 'Word2Vec.train';
    checkCorpus(call, corpus);
    const schedule = readFurther(call, options, this.#settings);
    await this.#alone(call, async () => {
      await checkCheckpoint(call, corpus, options.checkpoint);
      const corpusWords = await knownWords(this.#trainer, corpus, options.signal);
      if (corpusWords === 0) throw new UsageError(`${call}: no word of the corpus is in the vocabulary`);
      this.#position = atStart(corpusWords, schedule);
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
  async #learn(call: string, corpus: Corpus, options: Word2VecControls): Promise<void> {
    const training = { trainer: this.#trainer, settings: this.#settings };
    const keep = keeper(options.checkpoint, (file, position: TrainingPosition) =>
      saveTraining(call, file, kind, { ...training, position }),
    );
    const onProgress = options.onProgress && ((progress: TrainingProgress) => this.#told(options, progress));
    await trainWords(call, this.#trainer, corpus, this.#position, { ...options, onProgress }, async (position, end) => {
      this.#position = position;
      this.#wv = undefined;
      await keep(position, end);
    });
    this.#wv = learnt(call, () => native.word2vecVectors(this.#trainer));
  }

  /** No batch is trained meanwhile. */
  #told({ onProgress }: Word2VecControls, progress: TrainingProgress): void {
    this.#between = true;
    try {
      onProgress?.(progress);
    } finally {
      this.#between = false;
    }
  }
}
