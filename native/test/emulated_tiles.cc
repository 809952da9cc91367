#include "emulated_tiles.h"

#include <bit>

namespace vectral::test {
namespace {

template <typename T>
T element(const uint8_t (&row)[64], int i) {
  T value;
  std::memcpy(&value, row + i * static_cast<int>(sizeof(T)), sizeof(T));
  return value;
}

float flush(float x) { return std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x; }

float bf16(const uint8_t (&row)[64], int i) { return flush(widen(element<BF16>(row, i))); }

}  // namespace

// Byte 0 the palette, 1 the row to go on from after a fault, 2 .. 15 reserved, then bytes a row (16 bits each), then
// rows (8 bits each), of tiles 0 .. 15, of which palette 1 has eight.
void EmulatedTiles::load_config(const void* bytes) {
  uint8_t raw[64];
  std::memcpy(raw, bytes, sizeof(raw));
  if (raw[0] != 1) throw std::logic_error("#GP: palette is not 1");
  for (int i = 1; i < 16; ++i) {
    if (raw[i] != 0) throw std::logic_error("#GP: reserved bytes are not zero");
  }
  State fresh;
  fresh.configured = true;
  for (int i = 0; i < 16; ++i) {
    const int row_bytes = raw[16 + 2 * i] | raw[17 + 2 * i] << 8, rows = raw[48 + i];
    if (row_bytes > kBytes || rows > kRows) throw std::logic_error("#GP: tile is too large");
    if ((row_bytes == 0) != (rows == 0)) throw std::logic_error("#GP: tile has rows without bytes or the reverse");
    if (i >= kTiles && rows != 0) throw std::logic_error("#GP: palette 1 has eight tiles");
    if (i < kTiles) {
      fresh.tile[i].rows = rows;
      fresh.tile[i].row_bytes = row_bytes;
    }
  }
  state() = fresh;
}

void EmulatedTiles::zero_tile(int tile) {
  Tile& t = usable(tile);
  std::memset(t.data, 0, sizeof(t.data));
}

void EmulatedTiles::load_tile(int tile, const void* p, int64_t step) {
  Tile& t = usable(tile);
  std::memset(t.data, 0, sizeof(t.data));
  for (int r = 0; r < t.rows; ++r) {
    std::memcpy(t.data[r], static_cast<const uint8_t*>(p) + r * step, static_cast<size_t>(t.row_bytes));
  }
}

void EmulatedTiles::store_tile(int tile, void* p, int64_t step) {
  const Tile& t = usable(tile);
  for (int r = 0; r < t.rows; ++r) {
    std::memcpy(static_cast<uint8_t*>(p) + r * step, t.data[r], static_cast<size_t>(t.row_bytes));
  }
}

void EmulatedTiles::check_product(int c, int a, int w) {
  if (c == a || c == w || a == w) throw std::logic_error("#UD: a tile is named twice");
  const Tile &tc = usable(c), &ta = usable(a), &tw = usable(w);
  if (tc.row_bytes % 4 != 0 || ta.row_bytes % 4 != 0 || tw.row_bytes % 4 != 0) {
    throw std::logic_error("#UD: a row is not whole words");
  }
  if (tc.rows != ta.rows || tc.row_bytes != tw.row_bytes || ta.row_bytes / 4 != tw.rows) {
    throw std::logic_error("#UD: the tiles do not fit each other");
  }
}

// A product of two bf16 is exact in f32 unless it falls below 2^-149, so that product and sum are what the fused
// multiply-add of the processor gives.
void EmulatedTiles::dot_bf16_tiles(int c, int a, int w) {
  check_product(c, a, w);
  Tile &tc = usable(c), &ta = usable(a), &tw = usable(w);
  for (int m = 0; m < tc.rows; ++m) {
    for (int n = 0; n < tc.row_bytes / 4; ++n) {
      float even = 0, odd = 0;
      for (int k = 0; k < ta.row_bytes / 4; ++k) {
        even = flush(even + bf16(ta.data[m], 2 * k) * bf16(tw.data[k], 2 * n));
        odd = flush(odd + bf16(ta.data[m], 2 * k + 1) * bf16(tw.data[k], 2 * n + 1));
      }
      const float sum = flush(flush(element<float>(tc.data[m], n)) + flush(even + odd));
      std::memcpy(tc.data[m] + 4 * n, &sum, 4);
    }
  }
}

void EmulatedTiles::dot_u8s8_tiles(int c, int a, int w) {
  check_product(c, a, w);
  Tile &tc = usable(c), &ta = usable(a), &tw = usable(w);
  for (int m = 0; m < tc.rows; ++m) {
    for (int n = 0; n < tc.row_bytes / 4; ++n) {
      // Sums wrap around, they do not saturate.
      uint32_t sum = element<uint32_t>(tc.data[m], n);
      for (int k = 0; k < ta.row_bytes / 4; ++k) {
        for (int i = 0; i < 4; ++i) {
          sum +=
              static_cast<uint32_t>(element<uint8_t>(ta.data[m], 4 * k + i) * element<int8_t>(tw.data[k], 4 * n + i));
        }
      }
      std::memcpy(tc.data[m] + 4 * n, &sum, 4);
    }
  }
}

}  // namespace vectral::test
