/** Float formats by their definition, one number at a time: twins for what native code reads. */
const view = new DataView(new ArrayBuffer(8));

/** Bits of the f16 nearest to zero from `x`, which must lie below 65504; what is below 2^-14 becomes 0. */
export function f16Bits(x: number): number {
  view.setFloat32(0, x);
  const bits = view.getUint32(0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}

export function f16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of an f32's bits. */
export function bf16Bits(x: number): number {
  view.setFloat32(0, x);
  return view.getUint16(0);
}

export function bf16Value(bits: number): number {
  view.setUint32(0, bits * 2 ** 16);
  return view.getFloat32(0);
}
