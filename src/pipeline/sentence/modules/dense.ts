import type { JsonFile } from '../../../json-file.js';
import { Linear } from '../../../nn/linear.js';
import { add } from '../../../ops/index.js';
import type { Tensor } from '../../../tensor/tensor.js';
import type { Checkpoint } from '../../../weights/checkpoint.js';
import { WeightScope } from '../../../weights/scope.js';
import { readActivation } from './dense-activation.js';
import { checkFeature, checkWidth, type Feature, type TextModule } from './module.js';

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
    if (feature !== undefined) checkFeature(config, feature);
    const w = WeightScope.of(checkpoint);
    const { outFeatures } = this;
    const { name, activate } = readActivation(config, w, outFeatures, feature === 'sentence_embedding');
    this.name = `Dense(${name})`;
    this.#activate = activate;
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
