import { hasOneReader, makerOf, type Rule, replaceSteps } from './rule.js';

/** layerNorm(linear(x)) becomes one step: whoever made a row norms it while it is still in his cache. */
export const fuseLayerNorm: Rule = (graph) => {
  for (const step of graph.steps) {
    const [input, ...parameters] = step.inputs;
    if (step.op !== 'layerNorm' || input === undefined || !hasOneReader(graph, input)) continue;
    const linear = makerOf(graph, input);
    if (linear?.op !== 'linear' || linear.attributes.norm !== undefined) continue;
    const attributes = { ...linear.attributes, ...step.attributes, norm: 'layer' };
    replaceSteps(
      graph,
      'last',
      [linear, step],
      [{ ...linear, inputs: [...linear.inputs, ...parameters], output: step.output, attributes }],
    );
    return true;
  }
  return false;
};
