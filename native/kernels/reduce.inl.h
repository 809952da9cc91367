// Column-wise reductions over rows: what pooling needs.
//
// Formula    sum_rows           y[c] = sum over r of x[r][c]
//            max_rows           y[c] = max over r of x[r][c]; a NaN in the column gives NaN
//            position_sum_rows  y[c] = sum over r of (first + r) * x[r][c]
// Contract   rows of `cols` floats, step ldx; y[cols] may be x's first row. No rows: sums are 0, the maximum -inf.
// Tile, tail two Vecs of columns walk down all rows; a column's terms are added in row order, whatever cols is.
// Accuracy   one rounding per row (two for position_sum_rows without fused multiply-add). `first + r` is exact to 2^24.

struct SumStep {
  Vec operator()(Vec acc, Vec x, float) const { return acc + x; }
};
struct MaxStep {
  Vec operator()(Vec acc, Vec x, float) const { return select(is_nan(acc), acc, max(acc, x)); }
};
struct PositionSumStep {
  Vec operator()(Vec acc, Vec x, float position) const { return mul_add(set(position), x, acc); }
};

template <typename Step>
inline void fold_rows(const float* x, int64_t ldx, int64_t first, int64_t rows, int64_t cols, float start, Step step,
                      float* y) {
  int64_t c = 0;
  for (; c + 2 * kLanes <= cols; c += 2 * kLanes) {
    Vec a0 = set(start), a1 = a0;
    for (int64_t r = 0; r < rows; ++r) {
      const float position = static_cast<float>(first + r);
      a0 = step(a0, load(x + r * ldx + c), position);
      a1 = step(a1, load(x + r * ldx + c + kLanes), position);
    }
    store(y + c, a0);
    store(y + c + kLanes, a1);
  }
  for (; c < cols; c += kLanes) {
    const int64_t n = cols - c < kLanes ? cols - c : kLanes;
    Vec a = set(start);
    for (int64_t r = 0; r < rows; ++r) a = step(a, load_partial(x + r * ldx + c, n), static_cast<float>(first + r));
    store_partial(y + c, a, n);
  }
}

inline void sum_rows(const float* x, int64_t ldx, int64_t rows, int64_t cols, float* y) {
  fold_rows(x, ldx, 0, rows, cols, 0.0f, SumStep(), y);
}

inline void max_rows(const float* x, int64_t ldx, int64_t rows, int64_t cols, float* y) {
  fold_rows(x, ldx, 0, rows, cols, -__builtin_inff(), MaxStep(), y);
}

inline void position_sum_rows(const float* x, int64_t ldx, int64_t first, int64_t rows, int64_t cols, float* y) {
  fold_rows(x, ldx, first, rows, cols, 0.0f, PositionSumStep(), y);
}
