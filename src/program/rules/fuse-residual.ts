import { sameShape } from '../../tensor/shape.js';
import { hasOneReader, makerOf, type Rule, replaceSteps } from './rule.js';

/** add(x, linear(y)) becomes one linear whose epilogue adds x: the sum never travels through memory twice. */
export const fuseResidual: Rule = (graph) => {
  for (const step of graph.steps) {
    const [a, b] = step.inputs;
    if (step.op !== 'add' || a === undefined || b === undefined) continue;
    if (!sameShape(graph.value(a).shape, graph.value(b).shape)) continue;
    for (const [sum, residual] of [
      [b, a],
      [a, b],
    ] as const) {
      const linear = makerOf(graph, sum);
      if (linear?.op !== 'linear' || linear.inputs.length > 1 || !hasOneReader(graph, sum)) continue;
      replaceSteps(
        graph,
        'last',
        [linear, step],
        [{ ...linear, inputs: [...linear.inputs, residual], output: step.output }],
      );
      return true;
    }
  }
  return false;
};
