/** Matrix products and table look-up by their formulas. */
type Numbers = ArrayLike<number>;

/** x Wᵀ + b: x `[m, k]`, w `[n, k]`, b `[n]` or none → `[m, n]`. */
export function linear(x: Numbers, w: Numbers, b: Numbers | undefined, m: number, n: number, k: number): Float64Array {
  const y = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = b ? b[j]! : 0;
      for (let l = 0; l < k; l++) sum += x[i * k + l]! * w[j * k + l]!;
      y[i * n + j] = sum;
    }
  }
  return y;
}

/** a `[batch, m, k]` times b `[batch, k, n]` (or one `[k, n]` for all) → `[batch, m, n]`. */
export function matmul(a: Numbers, b: Numbers, batch: number, m: number, n: number, k: number): Float64Array {
  const y = new Float64Array(batch * m * n);
  const step = b.length === k * n ? 0 : k * n;
  for (let s = 0; s < batch; s++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let l = 0; l < k; l++) sum += a[(s * m + i) * k + l]! * b[s * step + l * n + j]!;
        y[(s * m + i) * n + j] = sum;
      }
    }
  }
  return y;
}

/** Rows `ids` of a table `[v, d]`. */
export function embedding(table: Numbers, ids: Numbers, d: number): Float64Array {
  const y = new Float64Array(ids.length * d);
  for (let i = 0; i < ids.length; i++) for (let c = 0; c < d; c++) y[i * d + c] = table[ids[i]! * d + c]!;
  return y;
}

/** a + b or a · b, with b repeated along a. */
export function broadcast(a: Numbers, b: Numbers, f: (x: number, y: number) => number): Float64Array {
  return Float64Array.from(a, (x, i) => f(x, b[i % b.length]!));
}
