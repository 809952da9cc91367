/**
 * Text to vectors in Node.js, straight from Hugging Face safetensors.
 * @packageDocumentation
 */
export { AddonError, ConfigError, TensorError, UsageError, VectralError, WeightsError } from './errors.js';
export { ModelNotFoundError } from './hub/resolve.js';
export type { NativeArray, NativeInfo, NativeWeightEntry } from './native.js';
export * as ops from './ops/index.js';
export { type Arithmetic, arithmetics } from './options.js';
export type { ActivationFn } from './pipeline/activation-fn.js';
export { AutoModel, type ForwardInput, type ForwardOptions, type ForwardOutput } from './pipeline/auto-model.js';
export {
  CrossEncoder,
  type CrossEncoderOptions,
  type Pair,
  type PredictOptions,
  type RankedDocument,
  type RankOptions,
} from './pipeline/cross-encoder.js';
export type { ModelDescription } from './pipeline/describe.js';
export { Embeddings, type Truncation } from './pipeline/embeddings.js';
export type { EncodeInput, EncodeOptions } from './pipeline/encode-options.js';
export type { ExplainedOp, ExplainedRun, ExplainOptions, Explanation } from './pipeline/explain.js';
export type { ComputeOptions, LoadOptions, ModelOptions } from './pipeline/load-options.js';
export { Scores } from './pipeline/scores.js';
export { SentenceTransformer } from './pipeline/sentence-transformer.js';
export { type SimilarityFunction, similarity, similarityPairwise, type Vectors } from './pipeline/similarity.js';
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
export { type EncodeOptions as TokenizeOptions, type Encoding, Tokenizer } from './tokenizers/tokenizer.js';
export type { TruncationSide, TruncationStrategy } from './tokenizers/truncate.js';
export { type SafetensorsEntry, SafetensorsFile, writeSafetensors } from './weights/safetensors.js';
