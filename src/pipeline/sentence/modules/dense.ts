import type { JsonFile } from '../../../json-file.js';
import { Linear } from '../../../nn/linear.js';
import { add, gelu, relu, sigmoid, silu, tanh } from '../../../ops/index.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Checkpoint } from '../../../weights/checkpoint.js';
import { WeightScope } from '../../../weights/scope.js';
import { checkFeature, checkWidth, type Feature, type TextModule } from './module.js';

/** By the last part of PyTorch's class path, e.g. `torch.nn.modules.activation.Tanh`. */
const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  Identity: (x) => x,
  Tanh: tanh,
  ReLU: relu,
  GELU: gelu,
  SiLU: silu,
  Sigmoid: sigmoid,
};

/** Which rows a Dense reads, by the reference's names. */
/** A linear layer with an activation, on the text's vector or on every token's row. */
export class Dense implements TextModule {
  readonly name: string;
  readonly outFeatures: number;
  readonly #activate: (x: Tensor) => Tensor;
  readonly #linear: Linear;
  /** The projection of the input that is added to the result; `'itself'` without one. */
  readonly #residual: Linear | 'itself' | undefined;

  /** @param feature what stands before it; its config must say the same. Undefined: not looked at. */
  constructor(config: JsonFile, checkpoint: Checkpoint, inFeatures: number, feature?: Feature) {
    config.integer('in_features', { max: 1 << 20 });
    checkWidth(config, ['in_features'], inFeatures);
    this.outFeatures = config.integer('out_features', { max: 1 << 20 });
    const path = config.string('activation_function', 'torch.nn.modules.activation.Tanh');
    const activation = path.slice(path.lastIndexOf('.') + 1);
    const activate = Object.hasOwn(activations, activation) ? activations[activation] : undefined;
    if (!activate) {
      throw config.error('activation_function', `is "${path}"; supported: ${Object.keys(activations).join(', ')}`);
    }
    if (feature !== undefined) checkFeature(config, feature);
    this.name = `Dense(${activation})`;
    this.#activate = activate;
    const w = WeightScope.of(checkpoint);
    const { outFeatures } = this;
    this.#linear = new Linear(w.at('linear'), inFeatures, outFeatures, { bias: config.boolean('bias', true) });
    if (config.boolean('use_residual', false)) {
      const same = inFeatures === outFeatures;
      this.#residual = same ? 'itself' : new Linear(w.at('residual'), inFeatures, outFeatures, { bias: false });
    }
    w.finish();
  }

  /** `[.., in] → [.., out]` */
  forward(x: Tensor): Tensor {
    const y = this.#activate(this.#linear.forward(x));
    if (this.#residual === undefined) return y;
    return add(y, this.#residual === 'itself' ? x : this.#residual.forward(x));
  }
}
