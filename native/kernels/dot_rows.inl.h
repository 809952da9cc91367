// Products of many rows with one vector: what a search for the nearest row computes.
//
// Formula    y[r] = sum over c of x[r][c] * q[c]
// Contract   rows of `cols` f32, f16 or bf16 elements, step ldx in elements; q[cols], y[rows], not in x.
// Tile       four rows share the loads of q; a row has one sum, so that it does not depend on its tile. The work is
// bound by
//            the memory that x comes from: more sums would not help.
// Tail       partial loads in columns, single rows at the end.
// Accuracy   cols / kLanes products in one chain, then a tree over the lanes.

template <int kRows, typename T>
inline void dot_rows_tile(const T* x, int64_t ldx, int64_t cols, const float* q, float* y) {
  Vec sum[kRows];
  for (int r = 0; r < kRows; ++r) sum[r] = zero();
  int64_t c = 0;
  for (; c + kLanes <= cols; c += kLanes) {
    const Vec factor = load(q + c);
    for (int r = 0; r < kRows; ++r) mul_add_to(load(x + r * ldx + c), factor, &sum[r]);
  }
  if (c < cols) {
    const Vec factor = load_partial(q + c, cols - c);
    for (int r = 0; r < kRows; ++r) mul_add_to(load_partial(x + r * ldx + c, cols - c), factor, &sum[r]);
  }
  for (int r = 0; r < kRows; ++r) y[r] = reduce_add(sum[r]);
}

template <typename T>
inline void dot_rows_of(const T* x, int64_t ldx, int64_t rows, int64_t cols, const float* q, float* y) {
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) dot_rows_tile<4>(x + r * ldx, ldx, cols, q, y + r);
  for (; r < rows; ++r) dot_rows_tile<1>(x + r * ldx, ldx, cols, q, y + r);
}

inline void dot_rows(DType type, const void* x, int64_t ldx, int64_t rows, int64_t cols, const float* q, float* y) {
  if (type == DType::f32) dot_rows_of(static_cast<const float*>(x), ldx, rows, cols, q, y);
  if (type == DType::f16) dot_rows_of(static_cast<const F16*>(x), ldx, rows, cols, q, y);
  if (type == DType::bf16) dot_rows_of(static_cast<const BF16*>(x), ldx, rows, cols, q, y);
}
