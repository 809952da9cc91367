/** Tables of what attention adds by the distance of two tokens. All rounding is float32's, as in the reference. */
import { convert, transpose } from '../ops/index.js';
import { Tensor } from '../tensor/tensor.js';

const { fround, log, trunc } = Math;

/**
 * T5's bucket of the distance j − i (Raffel et al. 2019, arXiv:1910.10683): one half of the buckets for tokens that follow, one
 * for those before; in each, half for single distances and half, ever wider, up to `maxDistance`.
 */
export function t5Bucket(distance: number, buckets: number, maxDistance: number): number {
  const half = Math.floor(buckets / 2);
  const exact = Math.floor(half / 2);
  const side = distance > 0 ? half : 0;
  const away = Math.abs(distance);
  if (away < exact) return side + away;
  const share = fround(fround(log(fround(away / exact))) / fround(log(maxDistance / exact)));
  return side + Math.min(exact + trunc(fround(share * (half - exact))), half - 1);
}

/** A learnt bias by bucket, `[buckets, H]`, as attention takes it: `[H, 2m + 1]` by distance, constant beyond `maxDistance`. */
export function t5DistanceBias(table: Tensor, maxDistance: number): Tensor {
  const [buckets = 0, heads = 0] = table.shape;
  const byHead = transpose(convert(table, 'f32')).toFloat32Array(); // [H, buckets]
  const count = 2 * maxDistance + 1;
  const bias = Float32Array.from({ length: heads * count }, (_, i) => {
    const bucket = t5Bucket((i % count) - maxDistance, buckets, maxDistance);
    return byHead[Math.floor(i / count) * buckets + bucket] ?? 0;
  });
  return Tensor.from(bias, { shape: [heads, count] });
}

/**
 * DeBERTa-v2's bucket of a relative position (He et al. 2020, arXiv:2006.03654, and the reference's code): itself up to half
 * of `buckets`, logarithmic from there.
 */
export function debertaBucket(relative: number, buckets: number, maxPosition: number): number {
  const middle = Math.floor(buckets / 2);
  const away = Math.abs(relative);
  if (away <= middle) return relative;
  const ratio = fround(fround(log(fround(away / middle))) / fround(log(fround((maxPosition - 1) / middle))));
  return Math.sign(relative) * (Math.ceil(fround(ratio * (middle - 1))) + middle);
}

/**
 * Rows of the relative embeddings, of which there are 2 · `span`, by distance j − i: `[2m + 1]` i32, constant beyond m.
 * `buckets` 0: every distance up to `span` has its own row.
 */
export function debertaDistances(span: number, buckets: number, maxPosition: number): Tensor {
  const row = (distance: number) => {
    const position = buckets > 0 ? debertaBucket(-distance, buckets, maxPosition) : -distance;
    return Math.min(Math.max(position + span, 0), 2 * span - 1);
  };
  let most = span;
  while (row(most) > 0 || row(-most) < 2 * span - 1) most++;
  return Tensor.from(Int32Array.from({ length: 2 * most + 1 }, (_, i) => row(i - most)));
}
