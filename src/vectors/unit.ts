/** Arithmetic on single vectors, in double precision, as the queries need it. */

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The vector at length 1; zeros stay zeros. */
export function unit(vector: ArrayLike<number>): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  const scaled = new Float64Array(vector.length);
  if (length > 0) for (let i = 0; i < vector.length; i++) scaled[i] = vector[i]! / length;
  return scaled;
}

/** Σ weight · vector / Σ |weight|. */
export function weightedMean(vectors: readonly ArrayLike<number>[], weights: readonly number[]): Float64Array {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  let total = 0;
  for (const [i, vector] of vectors.entries()) {
    const weight = weights[i]!;
    total += Math.abs(weight);
    for (let c = 0; c < mean.length; c++) mean[c]! += weight * vector[c]!;
  }
  return total > 0 ? mean.map((x) => x / total) : mean;
}
