// Row normalisations: layer norm, RMS norm, L2.
//
// Formula    layer_norm  (x - mean) / sqrt(mean((x - mean)^2) + eps) * gamma + beta
//            rms_norm    x / sqrt(mean(x^2) + eps) * gamma
//            l2          x / max(sqrt(sum(x^2)), eps)
// Contract   rows of `cols` floats, steps ldx and ldy; y may be x. A NaN in a row makes the whole row NaN.
// Tile, tail four accumulators of one Vec, joined in a fixed order; tails are partial loads whose unused lanes add
// zero. Accuracy   a few ulp of the row's largest term. The variance is a second pass over the centred values, as one
// pass over
//            x and x^2 cancels where the mean is large.

struct Value {
  Vec operator()(Vec x, int64_t) const { return x; }
};
struct Square {
  Vec operator()(Vec x, int64_t) const { return x * x; }
};
struct CentredSquare {
  Vec mean;
  Vec operator()(Vec x, int64_t lanes) const {
    const Vec d = first_lanes(x - mean, lanes, zero());
    return d * d;
  }
};

// Sum of term(x) over a row. The lanes a term is told of are the ones that hold elements.
template <typename Term>
inline float sum_row(const float* x, int64_t n, Term term) {
  Vec s0 = zero(), s1 = zero(), s2 = zero(), s3 = zero();
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    s0 = s0 + term(load(x + i), kLanes);
    s1 = s1 + term(load(x + i + kLanes), kLanes);
    s2 = s2 + term(load(x + i + 2 * kLanes), kLanes);
    s3 = s3 + term(load(x + i + 3 * kLanes), kLanes);
  }
  for (; i + kLanes <= n; i += kLanes) s0 = s0 + term(load(x + i), kLanes);
  if (i < n) s1 = s1 + term(load_partial(x + i, n - i), n - i);
  return reduce_add((s0 + s1) + (s2 + s3));
}

inline void layer_norm(const float* x, int64_t ldx, const float* gamma, const float* beta, float eps, float* y,
                       int64_t ldy, int64_t rows, int64_t cols) {
  for (int64_t r = 0; r < rows; ++r, x += ldx, y += ldy) {
    const float count = static_cast<float>(cols);
    const float mean = sum_row(x, cols, Value()) / count;
    const float variance = sum_row(x, cols, CentredSquare{set(mean)}) / count;
    const Vec m = set(mean), factor = set(1.0f / __builtin_sqrtf(variance + eps));
    int64_t i = 0;
    for (; i + kLanes <= cols; i += kLanes) {
      store(y + i, mul_add((load(x + i) - m) * factor, load(gamma + i), load(beta + i)));
    }
    if (i < cols) {
      const int64_t n = cols - i;
      const Vec centred = (load_partial(x + i, n) - m) * factor;
      store_partial(y + i, mul_add(centred, load_partial(gamma + i, n), load_partial(beta + i, n)), n);
    }
  }
}

struct ScaledProduct {
  Vec factor;
  Vec operator()(Vec x, Vec gamma) const { return x * factor * gamma; }
};

inline void rms_norm(const float* x, int64_t ldx, const float* gamma, float eps, float* y, int64_t ldy, int64_t rows,
                     int64_t cols) {
  for (int64_t r = 0; r < rows; ++r, x += ldx, y += ldy) {
    const float mean_square = sum_row(x, cols, Square()) / static_cast<float>(cols);
    map(x, gamma, y, cols, ScaledProduct{set(1.0f / __builtin_sqrtf(mean_square + eps))});
  }
}

struct DividedBy {
  Vec divisor;
  Vec operator()(Vec x) const { return x / divisor; }
};

inline void l2_normalize(const float* x, int64_t ldx, float eps, float* y, int64_t ldy, int64_t rows, int64_t cols) {
  for (int64_t r = 0; r < rows; ++r, x += ldx, y += ldy) {
    const float norm = __builtin_sqrtf(sum_row(x, cols, Square()));
    // Written so that a NaN norm is kept: the row becomes NaN instead of a large number.
    map(x, y, cols, DividedBy{set(norm < eps ? eps : norm)});
  }
}
