/** Sizes around every vector width (4, 8 and 16 lanes, and the unrolled loops of 2 and 4 of them), and real ones. */
export const sizes = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 384, 1536];

/** Values that break careless arithmetic: infinities, NaN, both zeros, denormals, the largest and smallest normal. */
export const oddValues = Float32Array.of(
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  2 ** -149,
  -(2 ** -149),
  2 ** -130,
  2 ** -126,
  (2 - 2 ** -23) * 2 ** 127,
  -(2 - 2 ** -23) * 2 ** 127,
  1,
  -1,
  88.8,
  -88.8,
  104.5,
  -104.5,
);
