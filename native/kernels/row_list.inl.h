// Rows of a matrix by a list of their numbers: a word's vector out of those of its n-grams, and back.
//
// Formula    gather_rows   y[c] = sum over i of x[rows[i]][c]
//            scatter_rows  x[rows[i]][c] += factors[i] * y[c], one i after another; without factors they are 1
// Contract   rows of `cols` floats, a multiple of 16, step ldx >= cols. A row may be listed several times.
// Tile       up to eight Vecs of columns go down the list together, so the sum (or what is added) stays in registers.
// Accuracy   one rounding a row, in the order of the list.

template <int kVecs>
inline void gather_columns(const float* x, int64_t ldx, const int32_t* rows, int64_t n, float* y) {
  Vec sum[kVecs];
  for (int v = 0; v < kVecs; ++v) sum[v] = zero();
  for (int64_t i = 0; i < n; ++i) {
    const float* const row = x + rows[i] * ldx;
    for (int v = 0; v < kVecs; ++v) sum[v] = sum[v] + load(row + v * kLanes);
  }
  for (int v = 0; v < kVecs; ++v) store(y + v * kLanes, sum[v]);
}

template <int kVecs>
inline void scatter_columns(const float* y, const float* factors, float* x, int64_t ldx, const int32_t* rows,
                            int64_t n) {
  Vec add[kVecs];
  for (int v = 0; v < kVecs; ++v) add[v] = load(y + v * kLanes);
  for (int64_t i = 0; i < n; ++i) {
    float* const row = x + rows[i] * ldx;
    if (factors == nullptr) {
      for (int v = 0; v < kVecs; ++v) store(row + v * kLanes, load(row + v * kLanes) + add[v]);
      continue;
    }
    const Vec factor = set(factors[i]);
    for (int v = 0; v < kVecs; ++v) store(row + v * kLanes, mul_add(factor, add[v], load(row + v * kLanes)));
  }
}

inline void gather_rows(const float* x, int64_t ldx, const int32_t* rows, int64_t n, int64_t cols, float* y) {
  take_groups<8>(cols / kLanes, [=]<int kVecs>(int64_t v) {
    const int64_t c = v * kLanes;
    gather_columns<kVecs>(x + c, ldx, rows, n, y + c);
  });
}

inline void scatter_rows(const float* y, const float* factors, float* x, int64_t ldx, const int32_t* rows, int64_t n,
                         int64_t cols) {
  take_groups<8>(cols / kLanes, [=]<int kVecs>(int64_t v) {
    const int64_t c = v * kLanes;
    scatter_columns<kVecs>(y + c, factors, x + c, ldx, rows, n);
  });
}
