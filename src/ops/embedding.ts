import type { Tensor } from '../tensor/tensor.js';
import { expectDtype, expectRank, quantized, run } from './run.js';

/**
 * Rows of a table, as `torch.nn.functional.embedding`. The table is read in place: only the rows named are touched.
 * @param table `[V, D]` f32, f16 or bf16, or i8 of a quantized checkpoint.
 * @param ids `[N]` i32 or i64, each in `[0, V)`; another one is an error that names it and its position.
 * @returns `[N, D]` f32.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  expectDtype('embedding', 'table', table, 'f32', 'f16', 'bf16', ...quantized(table));
  expectRank('embedding', 'table', table, 2, '[V,D]');
  expectDtype('embedding', 'ids', ids, 'i32', 'i64');
  expectRank('embedding', 'ids', ids, 1, '[N]');
  const shape = [ids.shape[0] ?? 0, table.shape[1] ?? 0];
  const inputs = table.rowScale ? [table, ids, table.rowScale] : [table, ids];
  return run({ op: 'embedding', inputs, dtype: 'f32', shape });
}
