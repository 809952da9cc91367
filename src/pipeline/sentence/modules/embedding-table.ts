/** Tables of vectors among a module's weights. */
import { WeightsError } from '../../../errors.js';
import { Tensor } from '../../../tensor/tensor.js';
import type { Checkpoint } from '../../../weights/checkpoint.js';

/** `[V, D]`; in place, if its type is one that rows are taken from as they are. */
export function readTable(checkpoint: Checkpoint, name: string): Tensor {
  const table = readTensor(checkpoint, name, 2);
  if (table.dtype === 'f32' || table.dtype === 'f16' || table.dtype === 'bf16') return table;
  return Tensor.from(Float32Array.from(numbers(table)), { shape: table.shape });
}

/** @throws WeightsError for a tensor that is not there, has another rank, or is empty. */
export function readTensor(checkpoint: Checkpoint, name: string, rank: number): Tensor {
  const tensor = checkpoint.tensor(name);
  if (tensor.shape.length === rank && tensor.size > 0) return tensor;
  const found = `[${tensor.shape.join(', ')}]`;
  throw new WeightsError(`${checkpoint.source}: "${name}" must have ${rank} dimensions, none 0; found ${found}`);
}

export function numbers(tensor: Tensor): Float32Array | Float64Array {
  if (tensor.dtype === 'f16' || tensor.dtype === 'bf16' || tensor.dtype === 'f32') return tensor.toFloat32Array();
  return Float64Array.from(tensor.toArray() as ArrayLike<number | bigint>, Number);
}
