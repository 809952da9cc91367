/** The part of the addon's face that is about word vectors. */
import type { TensorHandle } from './native.js';

export type VectorsHandle = { readonly __vectors: unique symbol };
export type FastTextHandle = { readonly __fastText: unique symbol };
export type WordTrainerHandle = { readonly __wordTrainer: unique symbol };
export type GloveHandle = { readonly __glove: unique symbol };
export type VectorReaderHandle = { readonly __vectorReader: unique symbol };

/** How a file of vectors is read (native/vectors/vector_reader.h). */
export interface NativeVectorFormat {
  path: string;
  binary: boolean;
  header: 'detect' | 'present' | 'absent';
  /** Most rows; 0: all. */
  limit: number;
  /** -1: unknown. */
  fileBytes: number;
  dtype: string;
  latin1: boolean;
  undecodable: 'strict' | 'ignore' | 'replace';
}

export interface NativeVectorFile {
  vectors: VectorsHandle;
  /** Rows by the header, -1 without one. */
  declared: number;
  duplicates: number;
  duplicate: string;
}

/** native/vectors/word2vec_trainer.h */
export interface NativeWord2Vec {
  vectorSize: number;
  window: number;
  minCount: number;
  /** 0: any number. */
  maxVocabSize: number;
  maxFinalVocab: number;
  sample: number;
  sg: boolean;
  /** 0: hierarchical softmax. */
  negative: number;
  nsExponent: number;
  cbowMean: boolean;
  shrinkWindows: boolean;
  exact: boolean;
  seed: number;
}

/** native/vectors/glove_trainer.h */
export interface NativeGlove {
  vectorSize: number;
  minCount: number;
  /** 0: any number. */
  maxVocab: number;
  windowSize: number;
  symmetric: boolean;
  distanceWeighting: boolean;
  /** MiB. */
  memory: number;
  eta: number;
  xMax: number;
  alpha: number;
  gradClip: number;
  /** Vectors of words and contexts added up; else of words. */
  sum: boolean;
  seed: number;
  /** For files, empty. */
  folder: string;
}

/** Words in the bytes that the text had, a newline after each. */
export interface NativeVocabulary {
  words: Uint8Array;
  counts: BigInt64Array;
}

/** What GloVe's training has come to: matrices `[words, dim]`. */
export interface NativeGloveState {
  vectors: TensorHandle;
  contexts: TensorHandle;
  /** Sums of squared gradients. */
  vectorSquares: TensorHandle;
  contextSquares: TensorHandle;
  vectorsBiases: Float32Array;
  contextsBiases: Float32Array;
  vectorSquaresBiases: Float32Array;
  contextSquaresBiases: Float32Array;
}

/** All that a training has come to. */
export interface NativeTraining extends NativeVocabulary {
  /** Where the random numbers of each thread are. */
  streams: BigInt64Array;
  /** `[rows, dim]`: words, then n-grams where there are any. */
  vectors: TensorHandle;
  /** `[words, dim]` */
  outputs: TensorHandle;
}

/** `[queries, topn]` each. */
export interface NativeNeighbours {
  places: Int32Array;
  scores: Float32Array;
}

/** Settings of a fastText model under fastText's own names. */
export interface FastTextArgs {
  dim: number;
  ws: number;
  epoch: number;
  minCount: number;
  neg: number;
  wordNgrams: number;
  loss: 'hs' | 'ns' | 'softmax' | 'ova';
  model: 'cbow' | 'skipgram' | 'supervised';
  bucket: number;
  minn: number;
  maxn: number;
  lrUpdateRate: number;
  t: number;
}

/** native/vectors/fasttext_args.h */
export type NativeFastText = Omit<FastTextArgs, 'lrUpdateRate'> & { seed: number };

/** Words or labels by their ids, best first. */
export interface NativeScores {
  ids: Int32Array;
  scores: Float32Array;
}

/** See {@link Native}. */
export interface NativeVectors {
  /** A reader of word2vec's, GloVe's and fastText's vector files, to be fed piece by piece. */
  vectorReader(format: NativeVectorFormat): VectorReaderHandle;
  /** Takes the next bytes (not to be touched meanwhile); tells whether no more are wanted. Rejects with one sentence. */
  vectorReaderFeed(reader: VectorReaderHandle, bytes: Uint8Array, last: boolean): Promise<boolean>;
  /** After the last bytes, once. */
  vectorReaderFinish(reader: VectorReaderHandle): NativeVectorFile;

  /** Words (UTF-8, a newline after each) and their matrix `[words, dim]`, with a scale a row if it is i8; shares the tensor's storage. */
  vectorsFrom(words: Uint8Array, matrix: TensorHandle, scales?: Float32Array): VectorsHandle;
  vectorsSize(vectors: VectorsHandle): { size: number; dim: number; dtype: string };
  /** The word's place, or -1. */
  vectorsFind(vectors: VectorsHandle, word: string): number;
  vectorsWords(vectors: VectorsHandle, begin: number, end: number): string[];
  /** Rows `[places, dim]` as floats. */
  vectorsRows(vectors: VectorsHandle, places: Int32Array): Float32Array;
  /** The cosines of the first `rows` rows with a query of length 1. */
  vectorsCosines(vectors: VectorsHandle, query: Float32Array, rows: number): Float32Array;
  /** The `topn` nearest of the first `rows` rows to each query `[queries, dim]` of length 1, best first. */
  vectorsNearest(vectors: VectorsHandle, queries: Float32Array, topn: number, rows: number): NativeNeighbours;
  vectorsNearestBatch(
    vectors: VectorsHandle,
    queries: Float32Array,
    topn: number,
    rows: number,
  ): Promise<NativeNeighbours>;
  /** Rows `begin` to before `end` as text in UTF-8: a line each of the word and its numbers. */
  vectorsText(vectors: VectorsHandle, begin: number, end: number): Promise<Uint8Array>;
  vectorsRelease(vectors: VectorsHandle): void;

  /** Opens and validates a .bin or .ftz. Rejects with one sentence that names file and field. */
  fastTextLoad(path: string, mmap: boolean): Promise<FastTextHandle>;
  fastTextInfo(model: FastTextHandle): { args: FastTextArgs; quantized: boolean; words: number; labels: number };
  /** Entries of the dictionary: words, then labels. */
  fastTextWords(model: FastTextHandle, begin: number, end: number): string[];
  /** `[texts, dim]` */
  fastTextVectors(model: FastTextHandle, texts: readonly string[], sentences: boolean): Float32Array;
  fastTextSubwords(model: FastTextHandle, word: string): [gram: string, row: number][];
  fastTextPredictNow(model: FastTextHandle, texts: readonly string[], k: number, threshold: number): NativeScores[];
  fastTextPredict(
    model: FastTextHandle,
    texts: readonly string[],
    k: number,
    threshold: number,
  ): Promise<NativeScores[]>;
  /** One list, of words by cosine to `query` of `[dim]`. */
  fastTextNearest(
    model: FastTextHandle,
    query: Float32Array,
    k: number,
    banned: readonly string[],
  ): Promise<NativeScores[]>;
  fastTextWordVectors(model: FastTextHandle): Promise<VectorsHandle>;
  fastTextSave(model: FastTextHandle, path: string): Promise<void>;
  /**
   * Trains a classifier of lines: those of the file `source`, or of `text`, which `source` then names. `progress[0]` counts
   * tokens done while it runs; a nonzero `progress[1]` ends it soon.
   */
  fastTextTrainSupervised(
    source: string,
    text: Uint8Array | undefined,
    settings: NativeFastText & { minCountLabel: number; lr: number },
    threads: number,
    progress: BigInt64Array,
  ): Promise<FastTextHandle>;
  /** What a trainer of fastText's has learnt, which can learn no more after that. */
  fastTextFinish(trainer: WordTrainerHandle): Promise<FastTextHandle>;
  fastTextRelease(model: FastTextHandle): void;
  /** A trainer, whose functions are called in this order; texts as word2vec's. */
  glove(options: NativeGlove): GloveHandle;
  gloveCount(trainer: GloveHandle, text: Uint8Array): Promise<void>;
  /** After all was counted: makes the vocabulary and tells how many words of the corpus are in it. */
  gloveBuild(trainer: GloveHandle): Promise<number>;
  gloveCooccur(trainer: GloveHandle, text: Uint8Array): Promise<void>;
  /** After all of the second reading: the number of pairs of words. */
  gloveGather(trainer: GloveHandle): Promise<number>;
  /** Some more pairs, of one epoch at most: how many there were in all, and the mean loss of these. */
  gloveTrain(trainer: GloveHandle, threads: number): Promise<{ pairs: number; loss: number }>;
  /** Goes past as many pairs without learning from them; gives how many there were in all. */
  gloveSkip(trainer: GloveHandle): Promise<number>;
  /** Copies; throws where training has diverged. */
  gloveState(trainer: GloveHandle): NativeGloveState;
  gloveVocabulary(trainer: GloveHandle): NativeVocabulary;
  /** Takes over what another trainer had come to. Throws one sentence. */
  gloveRestore(trainer: GloveHandle, state: NativeGloveState): void;
  gloveRelease(trainer: GloveHandle): void;
  /** A copy; throws where training has diverged. */
  gloveVectors(trainer: GloveHandle): VectorsHandle;
  word2vec(options: NativeWord2Vec): WordTrainerHandle;
  fastTextTrainer(settings: NativeFastText & { exact: boolean }): WordTrainerHandle;
  /** Texts are UTF-8, a sentence a line, words apart by spaces, and not to be touched until the promise settles. */
  wordTrainerCount(trainer: WordTrainerHandle, text: Uint8Array): Promise<void>;
  /** After all was counted: makes the vocabulary and tells how many words of the corpus are in it. */
  wordTrainerBuild(trainer: WordTrainerHandle): Promise<number>;
  /** Words of a text that are in the vocabulary. */
  wordTrainerKnown(trainer: WordTrainerHandle, text: Uint8Array): Promise<number>;
  /** The rate falls from `alpha` to `minAlpha` while `words` are trained, `trained` of which are done. */
  wordTrainerSchedule(
    trainer: WordTrainerHandle,
    schedule: { alpha: number; minAlpha: number; words: number; trained: number },
  ): void;
  /** Words trained so far, the learning rate they led to, and the mean loss of the text, NaN where none was measured. */
  wordTrainerTrain(
    trainer: WordTrainerHandle,
    text: Uint8Array,
    threads: number,
  ): Promise<{ words: number; alpha: number; loss: number }>;
  /** Copies; throws where training has diverged. */
  wordTrainerState(trainer: WordTrainerHandle): NativeTraining & { dim: number; rows: number };
  /** Instead of counting and building. Throws one sentence. */
  wordTrainerRestore(trainer: WordTrainerHandle, state: NativeTraining): void;
  /**
   * The exact step for one hidden vector `[n]`, n a multiple of 16: changes `outputs` `[labels, n]` one after another and gives
   * what the sources of the hidden vector are to be changed by.
   */
  word2vecStep(hidden: Float32Array, outputs: Float32Array, labels: Float32Array, rate: number): Float32Array;
  /** A copy; throws where training has diverged. */
  word2vecVectors(trainer: WordTrainerHandle): VectorsHandle;
}
