// Rows of f32 as the A operand of gemm_bf16 and gemm_i8: before the GEMM reads a row once per panel.
//
// Contract   x [rows, k] with step ldx; q with step ldq, which holds k rounded up to 2 (bf16) or 4 (i8).
//            bf16: nearest even, the padding zero; an instruction set may take denormals for zero.
//            i8: x' = rotated x (below), scale = max|x'| / 127 of the row, q = x' / scale to the nearest even, plus
//            128, the padding 128 (a zero). A row of zeros, or of nothing above kSmallest, has scale 0 and q = 128. A
//            row with NaN, an infinity or what overflows when rotated has scale NaN. `rotated` takes k floats.
// Accuracy   x' times a rounded reciprocal, plus 128, rounded: q may differ from the exact quotient's rounding only
//            within 5e-5 of a tie.

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

// The rotation spreads a row's outliers over 16 places, so that they do not set the step for all others: on STS-B it
// brings the mean of 1 - cosine from 3.3e-3 to 4.9e-4 (QuaRot, Ashkboos et al. 2024, has the idea). Blocks of 128, then
// one of the 16 s values that are left; each block is 16 slices, mixed by a Hadamard matrix in four steps of sums and
// differences, which are the same on every instruction set. What is left of that is only multiplied by 4, which is the
// gain of the rotation on everything else: lengths grow by 4, so products of two rotated rows by kRotationGain = 16.
constexpr int64_t kRotated = 128;

// Values j and j + stride of every 2 * stride become their sum and their difference.
template <int kStride, typename V>
inline void rotate_step(V (&v)[kRotated / kLanes]) {
  if constexpr (kStride >= kLanes) {
    constexpr int kApart = kStride / kLanes;
#pragma GCC unroll 64
    for (int i = 0; i < static_cast<int>(kRotated) / kLanes; ++i) {
      if (i / kApart % 2 != 0) continue;
      const V sum = v[i] + v[i + kApart];
      v[i + kApart] = v[i] - v[i + kApart];
      v[i] = sum;
    }
  } else {
#pragma GCC unroll 8
    for (V& whole : v) whole = sum_and_difference_of_halves(whole);
  }
}

// A block of 16 * slice values, in place.
inline void rotate_short(float* x, int64_t slice) {
  if (slice == 0) return;
  for (int64_t stride = 8 * slice; stride >= slice; stride /= 2) {
    for (int64_t pair = 0; pair < 16 * slice; pair += 2 * stride) {
      float *const a = x + pair, *const b = a + stride;
      for (int64_t i = 0; i < stride; ++i) {
        const float sum = a[i] + b[i];
        b[i] = a[i] - b[i];
        a[i] = sum;
      }
    }
  }
}

// Largest magnitude in x[0, n) and in `so_far`; NaN if anything is not finite.
inline float largest_of(const float* x, int64_t n, float so_far) {
  Vec largest = zero(), poison = zero();  // x * 0 is NaN where x is not finite
  for (int64_t i = 0; i < n; i += kLanes) {
    const Vec v = i + kLanes <= n ? load(x + i) : load_partial(x + i, n - i);
    largest = max(largest, abs(v));
    poison = mul_add(v, zero(), poison);
  }
  const float none = reduce_add(poison), most = reduce_max(largest);
  if (none != 0.0f) return none;
  return most > so_far ? most : so_far;
}

// Rotates x into y; the largest magnitude, or NaN or infinity if the row has any.
inline float rotate_row(const float* x, int64_t k, float* y) {
  constexpr int kVectors = static_cast<int>(kRotated) / kLanes;
  Vec largest = zero(), poison = zero();  // x * 0 is NaN where x is not finite
  int64_t i = 0;
  for (; i + kRotated <= k; i += kRotated) {
    Vec v[kVectors];
#pragma GCC unroll 64
    for (int j = 0; j < kVectors; ++j) v[j] = load(x + i + j * kLanes);
    rotate_step<64>(v);
    rotate_step<32>(v);
    rotate_step<16>(v);
    rotate_step<8>(v);
    // Whatever is not finite reaches the first slice of 8.
#pragma GCC unroll 8
    for (int j = 0; j * kLanes < 8; ++j) poison = mul_add(v[j], zero(), poison);
#pragma GCC unroll 64
    for (int j = 0; j < kVectors; ++j) {
      largest = max(largest, abs(v[j]));
      store(y + i + j * kLanes, v[j]);
    }
  }
  const float none = reduce_add(poison);
  const float most = none != 0.0f ? none : reduce_max(largest);
  const int64_t slice = (k - i) / 16;
  int64_t j = i;
  for (; j < i + 16 * slice; ++j) y[j] = x[j];
  for (; j < k; ++j) y[j] = 4.0f * x[j];
  rotate_short(y + i, slice);
  return largest_of(y + i, k - i, most);
}

// Below it the scale or its reciprocal would leave the normal floats.
constexpr float kSmallest = 0x1p-100f;

inline float i8_scale(float most) {
  if (!(most < __builtin_inff())) return __builtin_nanf("");
  return most >= kSmallest ? most / 127.0f : 0.0f;
}

inline void quantize_i8_rows(const float* x, int64_t ldx, int64_t rows, int64_t k, float* rotated, uint8_t* q,
                             int64_t ldq, float* scale) {
  const Vec offset = set(128.0f);
  for (int64_t r = 0; r < rows; ++r, x += ldx, q += ldq) {
    scale[r] = i8_scale(rotate_row(x, k, rotated));
    // What a row with a NaN scale holds does not matter; zeros keep the conversion defined.
    if (!(scale[r] > 0.0f)) {
      __builtin_memset(q, 128, static_cast<size_t>(k));
    } else {
      const Vec factor = set(1.0f / scale[r]);
      int64_t i = 0;
      for (; i + kLanes <= k; i += kLanes) store_u8(q + i, mul_add(load(rotated + i), factor, offset));
      if (i < k) store_u8_partial(q + i, mul_add(load_partial(rotated + i, k - i), factor, offset), k - i);
    }
    for (int64_t i = k; i % 4 != 0; ++i) q[i] = 128;
  }
}
