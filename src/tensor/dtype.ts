/** Element types, and the typed arrays that carry them between JavaScript and native memory. */
import type { NativeArray } from '../native.js';

/** safetensors' names in lower case. `f32` is what operations compute in; the others are storage. */
export type DType = 'f32' | 'f16' | 'bf16' | 'f64' | 'i8' | 'i32' | 'i64';

const arrays = {
  f32: Float32Array,
  f16: Uint16Array,
  bf16: Uint16Array,
  f64: Float64Array,
  i8: Int8Array,
  i32: Int32Array,
  i64: BigInt64Array,
} as const;

export const dtypes = Object.keys(arrays) as readonly DType[];

/** A zeroed typed array for `length` elements of `dtype` (`f16` and `bf16`: their bits). */
export function arrayFor(dtype: DType, length: number): NativeArray {
  return new arrays[dtype](length);
}

/** True if `data` is the typed array that carries `dtype`. */
export function carries(dtype: DType, data: unknown): data is NativeArray {
  return data instanceof arrays[dtype];
}

/** The dtype a typed array carries when nothing else is said; `Uint16Array` is ambiguous and has none. */
export function dtypeOf(data: NativeArray): DType | undefined {
  return data instanceof Uint16Array ? undefined : dtypes.find((dtype) => carries(dtype, data));
}

/** Bytes of one element. */
export function bytesPer(dtype: DType): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}
