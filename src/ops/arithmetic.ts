import { TensorError } from '../errors.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectDtype, run } from './run.js';

function broadcast(op: string, a: Tensor, b: Tensor): Tensor {
  expectDtype(op, 'a', a, 'f32');
  expectDtype(op, 'b', b, 'f32');
  const least = Math.min(a.rank, 1);
  if (b.rank < least || b.rank > a.rank || !sameShape(a.shape.slice(a.rank - b.rank), b.shape)) {
    throw new TensorError(op, "b with a's shape or a trailing part of it", `${a} and ${b}`);
  }
  return run({ op, inputs: [a, b], dtype: 'f32', shape: a.shape });
}

/** a + b. b has a's shape or a trailing part of it: `[D]` onto `[N, D]`. f32. */
export function add(a: Tensor, b: Tensor): Tensor {
  return broadcast('add', a, b);
}

/** a · b element by element. b has a's shape or a trailing part of it. f32. */
export function mul(a: Tensor, b: Tensor): Tensor {
  return broadcast('mul', a, b);
}
