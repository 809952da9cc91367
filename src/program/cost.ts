/** What a step costs at least: the operations of its products, and the bytes it has to read and write. */
import { bytesPer, type DType } from '../tensor/dtype.js';
import { lastDim, resolveShape, sizeOf } from '../tensor/shape.js';
import { arithmeticOf, type Step, type StepValue } from './steps.js';

/** The least work of one step in one run. */
export interface StepCost {
  /** Of matrix products, a multiply-add counting as two. What is done to single elements does not count. */
  readonly operations: number;
  /** Weights and other constants, as they lie packed: the same in every run. */
  readonly weightBytes: number;
  /** Inputs and output, each once. */
  readonly valueBytes: number;
}

/** P of the symbols: Σ T² over the sequences. */
const pairsSymbol = 3;

type Operations = (step: Step, symbols: readonly number[]) => number;

const operations: Readonly<Record<string, Operations>> = {
  // [M, K] by [O, K]
  linear: (step, symbols) => {
    const depth = lastDim(step.weights[0]?.shape ?? [0]);
    return 2 * size(step.output, symbols) * depth;
  },
  // [.., M, K] by [.., K, O]
  matmul: (step, symbols) => 2 * size(step.output, symbols) * lastDim(shapeOf(step.inputs[0], symbols)),
  // q · k and the weighted sum of v, each T × T × D for a sequence
  attention: (step, symbols) => 4 * scores(step, symbols) * lastDim(step.output.shape),
  attentionProbs: (step, symbols) => 2 * scores(step, symbols) * lastDim(step.inputs[0]?.shape ?? []),
  // every row's gates read the hidden values before it
  lstm: (step, symbols) => 2 * size(step.output, symbols) * lastDim(step.inputs[0]?.shape ?? []),
};

/** Scores of one head: Σ T², or Σ T(T + 1)/2 where a token sees only what stands before it. */
function scores(step: Step, symbols: readonly number[]): number {
  const pairs = step.pairs ?? symbols[pairsSymbol] ?? 0;
  // attentionProbs fills the whole square, and computes it
  if (!step.attributes.causal || step.op === 'attentionProbs') return pairs;
  const [tokens = 0] = shapeOf(step.inputs[0], symbols);
  return (pairs + tokens) / 2;
}

/** Elements read of an input, where that is not all of it. */
const elementsRead: Readonly<Record<string, (step: Step, input: number, symbols: readonly number[]) => number>> = {
  // the rows that ids ask for
  embedding: (step, input, symbols) => {
    const all = size(step.inputs[input], symbols);
    return input === 0 ? Math.min(all, size(step.output, symbols)) : all;
  },
  slice: (step, _, symbols) => size(step.output, symbols),
  pool: (step, input, symbols) => {
    const oneRow = step.attributes.mode === 'cls' || step.attributes.mode === 'last';
    return input === 0 && oneRow ? size(step.output, symbols) : size(step.inputs[input], symbols);
  },
};

/** @param symbols sizes of all symbols, as `symbolSizes` gives them. */
export function stepCost(step: Step, symbols: readonly number[]): StepCost {
  let weightBytes = packedBytes(step);
  let valueBytes = size(step.output, symbols) * bytesPer(step.output.dtype);
  step.inputs.forEach((input, index) => {
    const elements = elementsRead[step.op]?.(step, index, symbols) ?? size(input, symbols);
    const bytes = elements * bytesPer(input.dtype);
    if (input.constant) weightBytes += bytes;
    else valueBytes += bytes;
  });
  return { operations: operations[step.op]?.(step, symbols) ?? 0, weightBytes, valueBytes };
}

/** A linear's matrix, bias and, for int8, the scale and the sum of each output feature. */
function packedBytes(step: Step): number {
  const arithmetic = arithmeticOf(step);
  const [first] = step.weights;
  // parts of different types are stacked as f32
  const stored: DType = first && step.weights.every(({ dtype }) => dtype === first.dtype) ? first.dtype : 'f32';
  const element = { f32: bytesPer(stored), bf16: 2, int8: 1 }[arithmetic];
  const perFeature = (step.weights.some(({ bias }) => bias) ? 4 : 0) + (arithmetic === 'int8' ? 8 : 0);
  return step.weights.reduce((sum, { shape: [features = 0, depth = 0] }) => {
    return sum + features * (depth * element + perFeature);
  }, 0);
}

function shapeOf(value: StepValue | undefined, symbols: readonly number[]): number[] {
  return value ? resolveShape(value.shape, symbols) : [];
}

function size(value: StepValue | undefined, symbols: readonly number[]): number {
  return value ? sizeOf(resolveShape(value.shape, symbols)) : 0;
}
