/** The rotation of int8 rows by its formula: blocks of 128, then one of the 16 s values left; each mixes 16 slices by a Hadamard matrix. */

/** H x in float64, where H Hᵀ = 16 I; what no block takes is multiplied by 4. */
export function rotate(x: ArrayLike<number>): Float64Array {
  const y = Float64Array.from(x, (value) => 4 * value);
  let begin = 0;
  const mix = (slice: number) => {
    for (let p = 0; p < 16; p++) {
      for (let i = 0; i < slice; i++) {
        let sum = 0;
        // Sylvester's matrix: the sign is the parity of the bits that both indices have
        for (let q = 0; q < 16; q++) sum += (parity(p & q) ? -1 : 1) * x[begin + q * slice + i]!;
        y[begin + p * slice + i] = sum;
      }
    }
    begin += 16 * slice;
  };
  while (begin + 128 <= x.length) mix(8);
  const slice = Math.floor((x.length - begin) / 16);
  if (slice > 0) mix(slice);
  return y;
}

function parity(bits: number): boolean {
  return [1, 2, 4, 8].filter((bit) => bits & bit).length % 2 === 1;
}
