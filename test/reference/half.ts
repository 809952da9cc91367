/** 16-bit floats by their definition, in float64. */

interface Format {
  readonly fractionBits: number;
  readonly bias: number;
}

const f16: Format = { fractionBits: 10, bias: 15 };
const bf16: Format = { fractionBits: 7, bias: 127 };

function decode(bits: number, { fractionBits, bias }: Format): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const fraction = (bits & ((1 << fractionBits) - 1)) / 2 ** fractionBits;
  const exponent = (bits & 0x7fff) >> fractionBits;
  if (exponent === 2 * bias + 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias);
}

/** Rounds to nearest, ties to the even neighbour. */
function nearestEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}

function encode(value: number, { fractionBits, bias }: Format): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const infinity = (2 * bias + 1) << fractionBits;
  if (Number.isNaN(value)) return infinity | (1 << (fractionBits - 1));
  const magnitude = Math.abs(value);
  if (magnitude === 0) return sign;
  if (magnitude === Number.POSITIVE_INFINITY) return sign | infinity;
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), 1 - bias);
  // Counted in units of the last place, bits are consecutive: a carry into the exponent is right as it falls.
  const units = nearestEven(magnitude / 2 ** (exponent - fractionBits));
  const bits = units + (exponent + bias - 1) * 2 ** fractionBits;
  return sign | Math.min(bits, infinity);
}

/** The value of f16 bits. */
export const fromF16 = (bits: number): number => decode(bits, f16);
/** The value of bf16 bits. */
export const fromBf16 = (bits: number): number => decode(bits, bf16);
/** The nearest f16, as bits. */
export const toF16 = (value: number): number => encode(value, f16);
/** The nearest bf16, as bits. */
export const toBf16 = (value: number): number => encode(value, bf16);

/** Bits of all `values`, to store a weight in half the width. */
export function halves(values: ArrayLike<number>, dtype: 'f16' | 'bf16'): Uint16Array {
  return Uint16Array.from(values, dtype === 'f16' ? toF16 : toBf16);
}
