import { TensorError } from '../errors.js';
import { describeValue } from '../options.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectDtype, run } from './run.js';

/** Activations that few models have, by PyTorch's names and with its default parameters; `rrelu` as it is after training. */
export const pointwiseFunctions = [
  'elu',
  'hardshrink',
  'hardsigmoid',
  'hardswish',
  'hardtanh',
  'leaky_relu',
  'log_sigmoid',
  'mish',
  'relu6',
  'rrelu',
  'selu',
  'softplus',
  'softshrink',
  'softsign',
  'tanhshrink',
] as const;
/** One of {@link pointwiseFunctions}. */
export type PointwiseFunction = (typeof pointwiseFunctions)[number];

/** One of the rarer activations, element by element. Any shape, f32. */
export function pointwise(x: Tensor, name: PointwiseFunction): Tensor {
  expectDtype('pointwise', 'x', x, 'f32');
  if (!pointwiseFunctions.includes(name)) {
    throw new TensorError('pointwise', `a function of ${pointwiseFunctions.join(', ')}`, describeValue(name));
  }
  return run({ op: 'pointwise', inputs: [x], dtype: 'f32', shape: x.shape, attributes: { function: name } });
}
