/** The activations by their formulas. */

/** erf by its series without alternating signs: e^(-x²) · 2/√π · Σ 2ⁿ x^(2n+1) / (2n+1)!! */
function erfSeries(x: number): number {
  let term = x;
  let sum = 0;
  for (let n = 0; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 3);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** erfc of a large x by its continued fraction, from the inside out. */
function erfcFraction(x: number): number {
  let below = x;
  for (let n = 120; n >= 1; n--) below = x + n / 2 / below;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * below);
}

/** 1 − erf(x), keeping its relative precision far right. */
function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  return x < 2.5 ? 1 - erfSeries(x) : erfcFraction(x);
}

export const gelu = (x: number): number => (x === Number.NEGATIVE_INFINITY ? -0 : x * 0.5 * erfc(-x / Math.SQRT2));

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const silu = (x: number): number => (x === Number.NEGATIVE_INFINITY ? -0 : x * sigmoid(x));

/** ½(1 + tanh u) written as sigmoid(2u), which does not cancel far left. */
export const geluTanh = (x: number): number =>
  x === Number.NEGATIVE_INFINITY ? -0 : x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));

export const relu = (x: number): number => (Number.isNaN(x) ? x : Math.max(x, 0));

export const tanh = (x: number): number => Math.tanh(x);
