import type { JsonFile } from '../json-file.js';
import { gelu, geluTanh, relu, sigmoid, silu, tanh } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';

export type Activation = (x: Tensor) => Tensor;

/** Names as Hugging Face configs write them (transformers' ACT2FN). */
const activations: Readonly<Record<string, Activation>> = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_fast: geluTanh,
  relu,
  silu,
  swish: silu,
  tanh,
  sigmoid,
  linear: (x) => x,
};

/** The function a config field such as `hidden_act` names. */
export function activationOf(config: JsonFile, field: string, fallback?: string): Activation {
  return activationNamed(config, field, config.string(field, fallback));
}

/** The function of a name that stands in a config field, perhaps among other words. */
export function activationNamed(config: JsonFile, field: string, name: string): Activation {
  const activation = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (activation) return activation;
  throw config.error(field, `is "${name}"; supported: ${Object.keys(activations).join(', ')}`);
}
