import { lastDim } from '../../tensor/shape.js';
import type { Graph, GraphStep } from '../graph.js';
import type { Rule } from './rule.js';

/**
 * What only linears in bf16 read is stored as the bf16 they would round it to: half the bytes, the same bits. Rows of an odd
 * width are left, since bf16 is multiplied in pairs.
 */
export const storeBf16: Rule = (graph) => {
  const made = graph.steps.find((step) => storable(graph, step));
  if (!made) return false;
  graph.values[made.output] = { ...graph.value(made.output), dtype: 'bf16' };
  return true;
};

function storable(graph: Graph, step: GraphStep): boolean {
  const { dtype, shape } = graph.value(step.output);
  if (!multipliesBf16(step) || step.attributes.norm !== undefined || graph.isOutput(step.output)) return false;
  if (dtype !== 'f32' || lastDim(shape) % 2 !== 0) return false;
  const readers = graph.readers(step.output);
  return readers.every((reader) => multipliesBf16(reader) && reader.inputs.lastIndexOf(step.output) === 0);
}

function multipliesBf16(step: GraphStep): boolean {
  return step.op === 'linear' && step.attributes.arithmetic === 'bf16';
}
