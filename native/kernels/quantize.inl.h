// Rows of f32 as the A operand of gemm_bf16 and gemm_i8: one pass each, before the GEMM reads a row once per panel.
//
// Contract   x [rows, k] with step ldx; q with step ldq, which holds k rounded up to 2 (bf16) or 4 (i8).
//            bf16: nearest even, the padding zero; an instruction set may take denormals for zero.
//            i8: scale = max|x| / 127 of the row, q = x / scale to the nearest even, plus 128, the padding 128 (a
//            zero). A row of zeros, or of nothing above kSmallest, has scale 0 and q = 128. A row with NaN or an
//            infinity has scale NaN.
// Accuracy   x times a rounded reciprocal: q may differ from the exact quotient's rounding only within 3e-5 of a tie.

inline void quantize_bf16_rows(const float* x, int64_t ldx, int64_t rows, int64_t k, BF16* q, int64_t ldq) {
  for (int64_t r = 0; r < rows; ++r, x += ldx, q += ldq) {
    int64_t i = 0;
    for (; i + kLanes <= k; i += kLanes) Bf16Dot::narrow(q + i, load(x + i));
    if (i < k) Bf16Dot::narrow_partial(q + i, load_partial(x + i, k - i), k - i);
    if (k % 2 != 0) q[k] = BF16{0};
  }
}

// x as the sum of three bf16, exact for all 24 bits of a float unless it or its rest is denormal: the part after the
// first `part` elements of the row is what rounding left of it. A row holds ldq = 3 * part elements; part is k rounded
// up to 2 at least, the padding zero. What does not fit a bf16 leaves NaN as its rest.
inline void split_bf16_rows(const float* x, int64_t ldx, int64_t rows, int64_t k, BF16* q, int64_t ldq) {
  const int64_t part = ldq / 3;
  for (int64_t r = 0; r < rows; ++r, x += ldx, q += ldq) {
    for (int64_t i = 0; i < k; i += kLanes) {
      const int64_t n = k - i;
      Vec rest = n >= kLanes ? load(x + i) : load_partial(x + i, n);
      for (BF16* to = q + i; to < q + ldq; to += part) {
        if (n >= kLanes) {
          store(to, rest);
          rest = rest - load(to);
        } else {
          store_partial(to, rest, n);
          rest = rest - load_partial(to, n);
        }
      }
    }
    if (k % 2 != 0) q[k] = q[part + k] = q[2 * part + k] = BF16{0};
  }
}

// Below it the scale or its reciprocal would leave the normal floats.
constexpr float kSmallest = 0x1p-100f;

inline float i8_scale(const float* x, int64_t k) {
  Vec largest = zero(), poison = zero();  // x * 0 is NaN where x is not finite
  int64_t i = 0;
  for (; i < k; i += kLanes) {
    const Vec v = i + kLanes <= k ? load(x + i) : load_partial(x + i, k - i);
    largest = max(largest, abs(v));
    poison = mul_add(v, zero(), poison);
  }
  const float most = reduce_max(largest), none = reduce_add(poison);
  if (none != 0.0f) return none;
  return most >= kSmallest ? most / 127.0f : 0.0f;
}

inline void quantize_i8_rows(const float* x, int64_t ldx, int64_t rows, int64_t k, uint8_t* q, int64_t ldq,
                             float* scale) {
  const Vec offset = set(128.0f);
  for (int64_t r = 0; r < rows; ++r, x += ldx, q += ldq) {
    scale[r] = i8_scale(x, k);
    // What a NaN row holds does not matter; zeros keep the conversion defined.
    const Vec factor = set(scale[r] > 0.0f ? 1.0f / scale[r] : 0.0f);
    const bool finite = scale[r] >= 0.0f;
    int64_t i = 0;
    for (; i + kLanes <= k; i += kLanes) store_u8(q + i, finite ? round(load(x + i) * factor) + offset : offset);
    if (i < k) store_u8_partial(q + i, finite ? round(load_partial(x + i, k - i) * factor) + offset : offset, k - i);
    for (i = k; i % 4 != 0; ++i) q[i] = 128;
  }
}
