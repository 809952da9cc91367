import type { JsonFile } from '../json-file.js';
import { type Activation, activationOf } from '../nn/activation.js';
import type { Batch } from '../nn/batch.js';
import { LayerNorm } from '../nn/layer-norm.js';
import { add, linear, reshape, transpose, unfold } from '../ops/index.js';
import type { Tensor } from '../tensor/tensor.js';
import type { WeightScope } from '../weights/scope.js';
import type { DebertaV2Config } from './deberta-v2-config.js';

/** A convolution over the embeddings, added to what the first layer makes of them (v2's larger models). */
export class Convolution {
  readonly size: number;
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly norm: LayerNorm;
  readonly activation: Activation;

  constructor(w: WeightScope, config: JsonFile, c: DebertaV2Config) {
    this.size = c.conv_kernel_size;
    const { hidden_size: size } = c;
    const kernels = transpose(w.tensor('conv.weight', [size, size, this.size]), [0, 2, 1]);
    this.weight = reshape(kernels, [size, this.size * size]);
    this.bias = w.vector('conv.bias', size);
    this.norm = new LayerNorm(w.at('LayerNorm'), size, c.layer_norm_eps);
    this.activation = activationOf(config, 'conv_act', 'tanh');
  }

  /** `[N, D], [N, D] → [N, D]` */
  forward(embedded: Tensor, x: Tensor, batch: Batch): Tensor {
    const near = linear(unfold(embedded, batch.offsets, this.size), this.weight, this.bias);
    return this.norm.forward(add(x, this.activation(near)));
  }
}
