// Conversions: any dtype to f32, and f32 to f32, f16 or bf16.
//
// Contract   widening f16, bf16, i8 is exact; f64, i32, i64 round to the nearest float, ties to even. Narrowing rounds
// to
//            nearest even, overflows to infinity, keeps denormals and NaN. y may be x where both have the same size.
// Tail       partial loads and stores; the integer types are plain loops, they never stand in a hot path.

template <typename From>
inline void widen_all(const void* from, float* y, int64_t n) {
  const From* x = static_cast<const From*>(from);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, load(x + i));
  if (i < n) store_partial(y + i, load_partial(x + i, n - i), n - i);
}

template <typename To>
inline void narrow_all(const float* x, void* to, int64_t n) {
  To* y = static_cast<To*>(to);
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, load(x + i));
  if (i < n) store_partial(y + i, load_partial(x + i, n - i), n - i);
}

// Reads through bytes: a file's tensor may stand at any address.
template <typename From>
inline void cast_all(const void* from, float* y, int64_t n) {
  const char* bytes = static_cast<const char*>(from);
  for (int64_t i = 0; i < n; ++i) {
    From value;
    __builtin_memcpy(&value, bytes + i * static_cast<int64_t>(sizeof(From)), sizeof(From));
    y[i] = static_cast<float>(value);
  }
}

inline void to_f32(DType from, const void* x, float* y, int64_t n) {
  switch (from) {
    case DType::f32:
      return widen_all<float>(x, y, n);
    case DType::f16:
      return widen_all<F16>(x, y, n);
    case DType::bf16:
      return widen_all<BF16>(x, y, n);
    case DType::f64:
      return cast_all<double>(x, y, n);
    case DType::i8:
      return cast_all<int8_t>(x, y, n);
    case DType::i32:
      return cast_all<int32_t>(x, y, n);
    case DType::i64:
      return cast_all<int64_t>(x, y, n);
  }
}

inline void from_f32(DType to, const float* x, void* y, int64_t n) {
  switch (to) {
    case DType::f32:
      return narrow_all<float>(x, y, n);
    case DType::f16:
      return narrow_all<F16>(x, y, n);
    case DType::bf16:
      return narrow_all<BF16>(x, y, n);
    default:
      assert(!"from_f32 writes f32, f16 and bf16");
  }
}
