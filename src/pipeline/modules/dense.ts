import type { JsonFile } from '../../json-file.js';
import { Linear } from '../../nn/linear.js';
import { gelu, relu, sigmoid, silu, tanh } from '../../ops/index.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Checkpoint } from '../../weights/checkpoint.js';
import { WeightScope } from '../../weights/scope.js';

/** By the last part of PyTorch's class path, e.g. `torch.nn.modules.activation.Tanh`. */
const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  Identity: (x) => x,
  Tanh: tanh,
  ReLU: relu,
  GELU: gelu,
  SiLU: silu,
  Sigmoid: sigmoid,
};

/** A linear layer with an activation on the text's vector. */
export class Dense {
  readonly outFeatures: number;
  readonly activation: string;
  readonly #linear: Linear;

  constructor(config: JsonFile, checkpoint: Checkpoint, inFeatures: number) {
    const given = config.integer('in_features', { max: 1 << 20 });
    if (given !== inFeatures)
      throw config.error('in_features', `is ${given}, but the module before gives ${inFeatures}`);
    this.outFeatures = config.integer('out_features', { max: 1 << 20 });
    const path = config.string('activation_function', 'torch.nn.modules.activation.Tanh');
    this.activation = path.slice(path.lastIndexOf('.') + 1);
    if (!Object.hasOwn(activations, this.activation)) {
      throw config.error('activation_function', `is "${path}"; supported: ${Object.keys(activations).join(', ')}`);
    }
    const w = WeightScope.of(checkpoint);
    this.#linear = new Linear(w.at('linear'), inFeatures, this.outFeatures, { bias: config.boolean('bias', true) });
    w.finish();
  }

  /** `[S, in] → [S, out]` */
  forward(x: Tensor): Tensor {
    const y = this.#linear.forward(x);
    return activations[this.activation]?.(y) ?? y;
  }
}
