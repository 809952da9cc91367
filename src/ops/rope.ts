import { TensorError } from '../errors.js';
import { checkOptions, describeValue } from '../options.js';
import type { Tensor } from '../tensor/tensor.js';
import { expectOffsets } from './offsets.js';
import { expectDtype, expectRank, expectShape, run } from './run.js';

/** Cosine and sine of every position and frequency, `[P, d/2]` f32 each. */
export interface RopeTables {
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

/**
 * Rotary position embedding (Su et al. 2021, arXiv:2104.09864), GPT-NeoX's form: value i of a head and value i + d/2 turn by
 * the angle of their position. What of a head is beyond d stays.
 * @param x `[N, H·w]` f32. @param offsets `[S+1]` i32; no sequence longer than the tables. @returns `[N, H·w]` f32.
 */
export function rope(x: Tensor, offsets: Tensor, tables: RopeTables, heads: number): Tensor {
  checkOptions('rope', tables, ['cosines', 'sines'], 'tables');
  const { cosines, sines } = tables;
  expectDtype('rope', 'x', x, 'f32');
  expectRank('rope', 'x', x, 2, '[N,H·w]');
  expectOffsets('rope', offsets);
  const width = (x.shape[1] ?? 0) / heads;
  if (!Number.isInteger(heads) || heads < 1 || !Number.isInteger(width)) {
    throw new TensorError('rope', `heads that divide the width ${x.shape[1]}`, describeValue(heads));
  }
  for (const [name, table] of Object.entries({ cosines, sines })) {
    expectDtype('rope', name, table, 'f32');
    expectRank('rope', name, table, 2, '[P,d/2]');
  }
  expectShape('rope', 'sines', sines, cosines.shape, '[P,d/2]');
  if (2 * (cosines.shape[1] ?? 0) > width)
    throw new TensorError('rope', `tables of at most ${width / 2} columns`, `${cosines}`);
  return run({ op: 'rope', inputs: [x, offsets, cosines, sines], dtype: 'f32', shape: x.shape, attributes: { heads } });
}
