import type { JsonFile } from '../../../json-file.js';
import { add, gelu, mul, pointwise, relu, sigmoid, silu, softmax, tanh } from '../../../ops/index.js';
import { Tensor } from '../../../tensor/tensor.js';
import type { WeightScope } from '../../../weights/scope.js';

type Activation = (x: Tensor) => Tensor;

/** By the last part of PyTorch's class path. The reference makes each with its default parameters, whatever was trained. */
const activations: Readonly<Record<string, Activation>> = {
  Identity: (x) => x,
  Tanh: tanh,
  ReLU: relu,
  GELU: gelu,
  SiLU: silu,
  Sigmoid: sigmoid,
  CELU: (x) => pointwise(x, 'elu'),
  ELU: (x) => pointwise(x, 'elu'),
  Hardshrink: (x) => pointwise(x, 'hardshrink'),
  Hardsigmoid: (x) => pointwise(x, 'hardsigmoid'),
  Hardswish: (x) => pointwise(x, 'hardswish'),
  Hardtanh: (x) => pointwise(x, 'hardtanh'),
  LeakyReLU: (x) => pointwise(x, 'leaky_relu'),
  LogSigmoid: (x) => pointwise(x, 'log_sigmoid'),
  Mish: (x) => pointwise(x, 'mish'),
  ReLU6: (x) => pointwise(x, 'relu6'),
  RReLU: (x) => pointwise(x, 'rrelu'),
  SELU: (x) => pointwise(x, 'selu'),
  Softplus: (x) => pointwise(x, 'softplus'),
  Softshrink: (x) => pointwise(x, 'softshrink'),
  Softsign: (x) => pointwise(x, 'softsign'),
  Tanhshrink: (x) => pointwise(x, 'tanhshrink'),
};

/** Over all components of a vector: of token rows PyTorch would take another axis. */
const ofVectors: Readonly<Record<string, Activation>> = { Softmax: softmax };

/**
 * The function that a Dense's config names, and its name.
 * @param w the module's weights: one function has a weight of its own. @param vectors whether it works on texts' vectors.
 * @throws ConfigError for code of the model's own, where the reference takes tanh with a warning.
 */
export function readActivation(
  config: JsonFile,
  w: WeightScope,
  width: number,
  vectors: boolean,
): { readonly name: string; readonly activate: Activation } {
  const field = 'activation_function';
  const path = config.string(field, 'torch.nn.modules.activation.Tanh');
  const name = path.slice(path.lastIndexOf('.') + 1);
  const known = { ...activations, ...(vectors ? ofVectors : {}) };
  if (path.startsWith('torch.nn.')) {
    if (name === 'PReLU') return { name, activate: parametric(w.at(field), width) };
    const activate = Object.hasOwn(known, name) ? known[name] : undefined;
    if (activate) return { name, activate };
  }
  const names = [...Object.keys(known), 'PReLU'].join(', ');
  throw config.error(field, `is "${path}"; supported of torch.nn: ${names}`);
}

/** max(x, 0) + a · min(x, 0) with a learned a. */
function parametric(w: WeightScope, width: number): Activation {
  const [slope = 0] = w.vector('weight', 1).toFloat32Array();
  const negated = Tensor.from(new Float32Array(width).fill(-1));
  const slopes = Tensor.from(new Float32Array(width).fill(-slope));
  return (x) => add(relu(x), mul(relu(mul(x, negated)), slopes));
}
