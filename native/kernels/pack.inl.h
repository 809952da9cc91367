// One panel of a GEMM's W in its layout (core/pack.h), from rows as a checkpoint has them.
//
// Contract   `height` rows of k elements, row_bytes apart, any address; height is at most layout.panel, which is whole
//            vectors. A group of elements takes 4 bytes (f32, pairs of 16 bits, fours of 8 bits), or 2 (16 bits alone).
//            Missing rows and the rest of the last group become zeros.
// Method     bits move, numbers do not matter: squares of kLanes x kLanes words of 4 bytes are turned in registers, of
//            16-bit elements alone as pairs that are parted when they are stored.

// Words [at, at + kLanes) of rows [first, first + kLanes), turned: word i of every row in square[i].
inline void turn_words(const uint8_t* rows, int64_t row_bytes, int64_t rows_left, int64_t bytes_left,
                       Vec (&square)[kLanes]) {
  constexpr int64_t kBytes = kLanes * 4;
  if (rows_left >= kLanes && bytes_left >= kBytes) {
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) square[i] = as_vec(load_words32(rows + i * row_bytes));
  } else {
    const int64_t bytes = bytes_left < kBytes ? bytes_left : kBytes;
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) {
      uint8_t row[kBytes] = {};
      if (i < rows_left) __builtin_memcpy(row, rows + i * row_bytes, static_cast<size_t>(bytes));
      square[i] = as_vec(load_words32(row));
    }
  }
  transpose(square);
}

inline void pack_panel(const PackLayout& layout, const void* rows, int64_t row_bytes, int64_t height, int64_t k,
                       void* packed) {
  const int64_t group = dtype_bytes(layout.dtype) * layout.interleave;
  assert((group == 4 || group == 2) && layout.panel % kLanes == 0 && height <= layout.panel);
  const bool halves = group == 2;
  const auto* const from = static_cast<const uint8_t*>(rows);
  const int64_t bytes = k * dtype_bytes(layout.dtype), words = (bytes + 3) / 4, step = layout.panel * 4;
  for (int64_t at = 0; at < words; at += kLanes) {
    auto* const to = static_cast<uint8_t*>(packed) + at * step;
    for (int64_t first = 0; first < layout.panel; first += kLanes) {
      Vec square[kLanes];
      turn_words(from + first * row_bytes + at * 4, row_bytes, height - first, bytes - at * 4, square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) {
        if (at + i >= words) break;
        if (halves) {
          uint8_t* const pair = to + i * step + first * 2;
          store_low16(pair, as_words(square[i]));
          if ((at + i) * 4 + 2 < bytes) store_high16(pair + step / 2, as_words(square[i]));
        } else {
          store_words32(to + i * step + first * 4, as_words(square[i]));
        }
      }
    }
  }
}
