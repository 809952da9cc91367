/**
 * Operations on tensors. Each checks its operands' shapes, then runs at once, or is recorded if an operand belongs to a
 * program being recorded. Results are new tensors; inference only, no gradients.
 * @module ops
 */
export { gelu, geluTanh, relu, sigmoid, silu, softmax, tanh } from './activations.js';
export { add, mul } from './arithmetic.js';
export { type AttentionOptions, attention, attentionProbs, type RelativeTerms } from './attention.js';
export { bagOfWords } from './bag-of-words.js';
export { embedding } from './embedding.js';
export { linear } from './linear.js';
export { lstm } from './lstm.js';
export { matmul } from './matmul.js';
export { l2Normalize, layerNorm, rmsNorm } from './normalization.js';
export { type PointwiseFunction, pointwise, pointwiseFunctions } from './pointwise.js';
export { type PoolMode, pool, poolModes } from './pool.js';
export { type RopeTables, rope } from './rope.js';
export { concat, convert, positions, reshape, slice, transpose, unfold } from './shaping.js';
