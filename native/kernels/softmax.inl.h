// y = exp(x - max(x)) / sum(exp(x - max(x))), a row at a time.
//
// Contract   rows of `cols` floats, steps ldx and ldy; y may be x. A row of -inf alone gives zeros (torch: NaN),
//            which is what a fully masked attention row must add. A NaN, or +inf, makes the row NaN, as in torch.
// Tile, tail one Vec; in the tail the unused lanes are kept out of maximum and sum.
// Accuracy   exp and reciprocal about 3 ulp; the sum adds up to cols / lanes roundings (3.5e-6 relative at 1536 columns
//            in scalar code, 3e-7 with 16 lanes).
// Why        max() may lose a NaN, but then that element's own exp is NaN, and so is the sum that scales the row.

inline float max_of_row(const float* x, int64_t n) {
  const Vec lowest = set(-__builtin_inff());
  Vec m = lowest;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) m = max(m, load(x + i));
  if (i < n) m = max(m, first_lanes(load_partial(x + i, n - i), n - i, lowest));
  return reduce_max(m);
}

// y = exp(x - shift); gives the sum of y, lane by lane.
inline Vec exp_of_row(const float* x, float shift, float* y, int64_t n) {
  const Vec by = set(shift);
  Vec sum = zero();
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec e = exp(load(x + i) - by);
    sum = sum + e;
    store(y + i, e);
  }
  if (i < n) {
    const Vec e = first_lanes(exp(load_partial(x + i, n - i) - by), n - i, zero());
    sum = sum + e;
    store_partial(y + i, e, n - i);
  }
  return sum;
}

inline void softmax(const float* x, int64_t ldx, float* y, int64_t ldy, int64_t rows, int64_t cols) {
  for (int64_t r = 0; r < rows; ++r, x += ldx, y += ldy) {
    const float largest = max_of_row(x, cols);
    const float total = reduce_add(exp_of_row(x, largest == -__builtin_inff() ? 0.0f : largest, y, cols));
    map(y, y, cols, Scaled{set(total == 0.0f ? 0.0f : 1.0f / total)});
  }
}
