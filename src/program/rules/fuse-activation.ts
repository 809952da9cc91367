import { hasOneReader, makerOf, type Rule, replaceSteps } from './rule.js';

const activations: Readonly<Record<string, string>> = {
  gelu: 'gelu',
  geluTanh: 'gelu_tanh',
  relu: 'relu',
  silu: 'silu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
};

/** linear → activation becomes one linear whose epilogue applies it while the tile is in registers. */
export const fuseActivation: Rule = (graph) => {
  for (const step of graph.steps) {
    const activation = activations[step.op];
    const input = step.inputs[0];
    if (activation === undefined || input === undefined || !hasOneReader(graph, input)) continue;
    const linear = makerOf(graph, input);
    if (linear?.op !== 'linear' || linear.attributes.activation !== undefined || linear.inputs.length > 1) continue;
    replaceSteps(
      graph,
      'last',
      [linear, step],
      [{ ...linear, output: step.output, attributes: { ...linear.attributes, activation } }],
    );
    return true;
  }
  return false;
};
