import { lastDim } from '../../tensor/shape.js';
import type { Graph, GraphStep } from '../graph.js';
import { type Rule, replaceSteps } from './rule.js';

/**
 * Linears that read the same x become one GEMM with stacked weights; their results are column slices of its output.
 * Only where every reader takes a column slice in place (attention does), so that nothing is copied apart again.
 */
export const mergeLinears: Rule = (graph) => {
  for (const first of graph.steps) {
    if (!mergeable(graph, first)) continue;
    const group = graph.steps.filter((step) => step.inputs[0] === first.inputs[0] && mergeable(graph, step));
    if (group.length < 2) continue;
    merge(graph, group);
    return true;
  }
  return false;
};

function mergeable(graph: Graph, step: GraphStep): boolean {
  if (step.op !== 'linear' || step.inputs.length !== 1 || step.attributes.activation !== undefined) return false;
  if (graph.isOutput(step.output)) return false;
  const readers = graph.readers(step.output);
  return readers.length > 0 && readers.every((reader) => takesColumnSlices(reader, step.output));
}

/** How many of an operation's first inputs may be column slices of a wider matrix: q, k and v, but not a bias. */
const columnSliced: Readonly<Record<string, number>> = { attention: 3, attentionProbs: 2, rope: 1, unfold: 1, lstm: 1 };

/** True if `step`, which reads `value`, steps over the gaps of a column slice wherever it reads it. */
export function takesColumnSlices(step: GraphStep, value: number): boolean {
  return step.inputs.lastIndexOf(value) < (columnSliced[step.op] ?? 0);
}

function merge(graph: Graph, group: readonly GraphStep[]): void {
  const outputs = group.map((step) => graph.value(step.output));
  const width = outputs.reduce((sum, value) => sum + lastDim(value.shape), 0);
  const shape = [...(outputs[0]?.shape.slice(0, -1) ?? []), width];
  const merged = graph.add({ dtype: 'f32', shape });
  const linear: GraphStep = {
    op: 'linear',
    inputs: group[0]?.inputs ?? [],
    output: merged,
    attributes: group[0]?.attributes ?? {},
    weights: group.flatMap((step) => step.weights ?? []),
  };
  let begin = 0;
  const slices = group.map((step, index) => {
    const slice = { op: 'slice', inputs: [merged], output: step.output, attributes: { axis: shape.length - 1, begin } };
    begin += lastDim(outputs[index]?.shape ?? []);
    return slice;
  });
  replaceSteps(graph, 'first', group, [linear, ...slices]);
}
