/** What a compiled program's steps are, without the tensors they read: for people, and for what each costs. */
import type { NativeAttributes } from '../native.js';
import type { Arithmetic } from '../options.js';
import type { DType } from '../tensor/dtype.js';
import { formatShape, lastDim, resolveShape, type Shape, symbolSizes } from '../tensor/shape.js';
import type { Graph, GraphStep } from './graph.js';

/** A value that a step reads or makes; `shape` may hold symbols. */
export interface StepValue {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Known when the program was recorded, and so the same in every run. */
  readonly constant: boolean;
}

/** One step as it is run. */
export interface Step {
  readonly op: string;
  readonly inputs: readonly StepValue[];
  readonly output: StepValue;
  readonly attributes: NativeAttributes;
  /** `[out, in]` matrices of a linear, stacked along `out`. */
  readonly weights: readonly { readonly dtype: DType; readonly shape: Shape; readonly bias: boolean }[];
  /** Σ T² of an attention whose offsets were known when it was recorded. */
  readonly pairs?: number | undefined;
}

export function describeStep(graph: Graph, step: GraphStep): Step {
  const value = (index: number): StepValue => {
    const { dtype, shape, constant } = graph.value(index);
    return { dtype, shape, constant: constant !== undefined };
  };
  return {
    op: step.op,
    inputs: step.inputs.map(value),
    output: value(step.output),
    attributes: step.attributes,
    weights: (step.weights ?? []).map(({ weight, bias }) => ({
      dtype: weight.dtype,
      shape: weight.shape,
      bias: bias !== undefined,
    })),
    pairs: constantPairs(graph, step),
  };
}

/** Which input of an operation holds the offsets of the sequences. */
const offsetsOf: Readonly<Record<string, number>> = { attention: 3, attentionProbs: 2 };

function constantPairs(graph: Graph, step: GraphStep): number | undefined {
  const input = step.inputs[offsetsOf[step.op] ?? -1];
  const offsets = input === undefined ? undefined : graph.value(input).constant?.toArray();
  return offsets instanceof Int32Array ? symbolSizes(offsets)[3] : undefined;
}

/** What the products of a step are made in. */
export function arithmeticOf(step: Step): Arithmetic {
  return (step.attributes.arithmetic as Arithmetic | undefined) ?? 'f32';
}

/** The step with the sizes of one run, so that equal work has an equal label: `linear [32,384] × [1536,384] gelu`. */
export function labelStep(step: Step, symbols: readonly number[]): string {
  const shape = (value: StepValue) => formatShape(resolveShape(value.shape, symbols));
  const { op, inputs, output, attributes, weights } = step;
  const [first = output] = inputs;
  if (op === 'linear') {
    const features = weights.reduce((sum, weight) => sum + (weight.shape[0] ?? 0), 0);
    // x, then a residual, then what belongs to the norm: gamma and beta
    const norm = attributes.norm === undefined ? '' : `${attributes.norm}Norm`;
    const residual = inputs.length > (norm ? 3 : 1) ? '+ residual' : '';
    const more = [attributes.activation, residual, norm].filter(Boolean);
    return [`linear ${shape(first)} × ${formatShape([features, lastDim(first.shape)])}`, ...more].join(' ');
  }
  if (op === 'attention' || op === 'attentionProbs') return `${op} ${shape(first)}, ${attributes.heads} heads`;
  if (op === 'embedding') return `embedding ${formatShape(first.shape)} → ${shape(output)}`;
  const same = formatShape(resolveShape(first.shape, symbols)) === shape(output);
  return same ? `${op} ${shape(output)}` : `${op} ${shape(first)} → ${shape(output)}`;
}
