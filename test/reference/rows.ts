/** Operations on each row of `[.., d]` by their formulas. */
type Numbers = ArrayLike<number>;

function eachRow(x: Numbers, d: number, f: (row: readonly number[]) => readonly number[]): Float64Array {
  const y = new Float64Array(x.length);
  for (let r = 0; d > 0 && r < x.length / d; r++) {
    y.set(f(Array.from({ length: d }, (_, c) => x[r * d + c]!)), r * d);
  }
  return y;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function layerNorm(x: Numbers, gamma: Numbers, beta: Numbers, d: number, eps: number): Float64Array {
  return eachRow(x, d, (row) => {
    const mean = sum(row) / d;
    const variance = sum(row.map((v) => (v - mean) ** 2)) / d;
    return row.map((v, c) => ((v - mean) / Math.sqrt(variance + eps)) * gamma[c]! + beta[c]!);
  });
}

export function rmsNorm(x: Numbers, gamma: Numbers, d: number, eps: number): Float64Array {
  return eachRow(x, d, (row) => {
    const root = Math.sqrt(sum(row.map((v) => v * v)) / d + eps);
    return row.map((v, c) => (v / root) * gamma[c]!);
  });
}

export function l2Normalize(x: Numbers, d: number, eps: number): Float64Array {
  return eachRow(x, d, (row) => {
    const norm = Math.sqrt(sum(row.map((v) => v * v)));
    return row.map((v) => v / Math.max(norm, eps));
  });
}

/** A row of −∞ alone gives zeros: the contract's rule, where the formula says 0 / 0. */
export function softmax(x: Numbers, d: number): Float64Array {
  return eachRow(x, d, (row) => {
    const largest = Math.max(...row);
    if (largest === Number.NEGATIVE_INFINITY) return row.map(() => 0);
    const powers = row.map((v) => Math.exp(v - largest));
    const total = sum(powers);
    return powers.map((power) => power / total);
  });
}
