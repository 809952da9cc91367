/**
 * Text to vectors in Node.js, straight from Hugging Face safetensors.
 * @packageDocumentation
 */
export { AddonError, ConfigError, TensorError, UsageError, VectralError, WeightsError } from './errors.js';
export { HubError, ModelNotFoundError } from './hub/errors.js';
export { type PullOptions, pull } from './hub/pull.js';
export type { DownloadProgress, HubOptions } from './hub/settings.js';
export { Word2VecNetwork } from './models/word2vec.js';
export type { FastTextArgs, NativeArray, NativeInfo, NativeWeightEntry } from './native.js';
export * as ops from './ops/index.js';
export { type Arithmetic, arithmetics } from './options.js';
export { AutoModel, type ForwardInput, type ForwardOptions, type ForwardOutput } from './pipeline/auto-model.js';
export type { ActivationFn } from './pipeline/cross-encoder/activation-fn.js';
export {
  CrossEncoder,
  type CrossEncoderOptions,
  type Pair,
  type PredictOptions,
  type RankedDocument,
  type RankOptions,
} from './pipeline/cross-encoder/cross-encoder.js';
export { Scores } from './pipeline/cross-encoder/scores.js';
export { Embeddings, type Truncation } from './pipeline/embeddings/embeddings.js';
export {
  type Precision,
  QuantizedEmbeddings,
  type QuantizedPrecision,
  type QuantizeOptions,
  quantizeEmbeddings,
  type Ranges,
} from './pipeline/embeddings/quantized-embeddings.js';
export { type SimilarityFunction, similarity, similarityPairwise } from './pipeline/embeddings/similarity.js';
export type { Vectors } from './pipeline/embeddings/vectors.js';
export type { PromptOptions } from './pipeline/folder/prompts.js';
export { MultiVectorEmbeddings, maxsim, maxsimPairwise } from './pipeline/multi-vector/multi-vector-embeddings.js';
export { type MultiVectorEncodeOptions, MultiVectorEncoder } from './pipeline/multi-vector/multi-vector-encoder.js';
export { type QuantizedModel, type QuantizeModelOptions, quantize } from './pipeline/quantize-model.js';
export type { ComputeOptions, LoadOptions, ModelOptions } from './pipeline/run/load-options.js';
export type { ModelDescription } from './pipeline/sentence/describe.js';
export type { EncodeInput, EncodeOptions } from './pipeline/sentence/encode-options.js';
export type { ExplainedOp, ExplainedRun, ExplainOptions, Explanation } from './pipeline/sentence/explain.js';
export { type EncodedAs, SentenceTransformer } from './pipeline/sentence/sentence-transformer.js';
export { SparseEmbeddings, type SparseVector } from './pipeline/sparse/sparse-embeddings.js';
export {
  type SparseEncodeOptions,
  SparseEncoder,
  type SparseEncoderOptions,
} from './pipeline/sparse/sparse-encoder.js';
export type { FilledMask, FillMask, FillMaskOptions } from './pipeline/tasks/fill-mask.js';
export { type LoadedPipeline, type PipelineOptions, pipeline, type TaskCalls } from './pipeline/tasks/pipeline.js';
export type {
  Answer,
  Question,
  QuestionAnswering,
  QuestionAnsweringOptions,
} from './pipeline/tasks/question-answering.js';
export type { ReplacedTokenDetection, TokenOrigin } from './pipeline/tasks/replaced-token-detection.js';
export type { TaskCallOptions } from './pipeline/tasks/task.js';
export type {
  ClassifiableText,
  LabelScore,
  TextClassification,
  TextClassificationOptions,
} from './pipeline/tasks/text-classification.js';
export type {
  AggregationStrategy,
  EntityGroup,
  TokenClassification,
  TokenClassificationOptions,
  TokenLabel,
} from './pipeline/tasks/token-classification.js';
export type {
  ZeroShotClassification,
  ZeroShotClassificationOptions,
  ZeroShotResult,
} from './pipeline/tasks/zero-shot-classification.js';
export {
  type CompileOptions,
  type Graph,
  type MachinePeaks,
  type ProfileOptions,
  Program,
  type ProgramOutput,
  type ProgramPort,
  type ProgramProfile,
  type RunOptions,
  type StepCost,
  type StepProfile,
} from './program/index.js';
export type { DType } from './tensor/dtype.js';
export { LONGEST, OFFSETS, PAIRS, SEQUENCES, type Shape, TOKENS } from './tensor/shape.js';
export { type NestedNumbers, Tensor } from './tensor/tensor.js';
export type { Encoding } from './tokenizers/encoding.js';
export { type EncodeOptions as TokenizeOptions, Tokenizer } from './tokenizers/tokenizer.js';
export type { TruncationSide, TruncationStrategy } from './tokenizers/truncate.js';
export type { Corpus, Sentence } from './vectors/corpus.js';
export type { AnalogyOptions, AnalogyResult, AnalogySection } from './vectors/evaluate-analogies.js';
export type { WordPairOptions, WordPairResult } from './vectors/evaluate-pairs.js';
export {
  FastText,
  type FastTextNearestOptions,
  type FastTextPrediction,
  type FastTextPredictOptions,
} from './vectors/fasttext.js';
export type {
  FastTextControls,
  FastTextOptions,
  FastTextProgress,
  FastTextSupervisedOptions,
} from './vectors/fasttext-options.js';
export { Glove } from './vectors/glove.js';
export type { GloveControls, GloveOptions, GloveProgress } from './vectors/glove-options.js';
export { KeyedVectors, type MostSimilarOptions, type QueryItem } from './vectors/keyed-vectors.js';
export { Phrases, type PhrasesOptions } from './vectors/phrases.js';
export { type PcaOptions, type PcaResult, pca } from './vectors/projection/pca.js';
export { type TsneOptions, type TsneResult, tsne } from './vectors/projection/tsne.js';
export type { VectorFormat } from './vectors/save-vectors.js';
export { type SentenceWeightingOptions, saveSentenceTransformer } from './vectors/sentence-folder.js';
export type { TrainingControls, TrainingProgress } from './vectors/training.js';
export type { VectorDType, VectorFileOptions, VectorFileReport } from './vectors/vector-file.js';
export { Word2Vec } from './vectors/word2vec.js';
export type { TrainingSchedule, Word2VecControls, Word2VecOptions } from './vectors/word2vec-options.js';
export { PytorchFile } from './weights/pytorch.js';
export type { Quantization } from './weights/quantization.js';
export { SafetensorsFile, writeSafetensors } from './weights/safetensors.js';
export { type WeightEntry, WeightFile } from './weights/weight-file.js';
