// Packing against the layout formula, for layouts in use and to come, every element width, strided sources.
#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "../core/pack.h"

namespace vectral::test {
namespace {

// Where (n, k) belongs, counted by walking the layout slot by slot rather than by dividing.
int64_t walk_to(const PackLayout& l, int64_t k_total, int64_t n, int64_t k) {
  const int64_t k_padded = (k_total + l.interleave - 1) / l.interleave * l.interleave;
  const int64_t block = l.block == 0 ? k_padded : l.block;
  int64_t at = 0;
  for (int64_t panel = 0;; panel += l.panel) {
    for (int64_t begin = 0; begin < k_padded; begin += block) {
      for (int64_t group = begin; group < begin + block && group < k_padded; group += l.interleave) {
        for (int64_t i = panel; i < panel + l.panel; ++i) {
          for (int64_t j = group; j < group + l.interleave; ++j, ++at) {
            if (i == n && j == k) return at;
          }
        }
      }
    }
  }
}

std::vector<PackLayout> layouts() {
  std::vector<PackLayout> all;
  for (DType dtype : {DType::i8, DType::bf16, DType::f32, DType::f64}) {
    for (int32_t panel : {1, 3, 16, 48}) {
      for (int32_t interleave : {1, 2, 4}) {
        for (int32_t block : {0, 4, 8, 64}) all.push_back({dtype, panel, interleave, block});
      }
    }
  }
  return all;
}

// Element i of a source: bytes that no other element of the first 60,000 shares.
void fill(std::vector<uint8_t>& bytes, int64_t width) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const size_t element = i / static_cast<size_t>(width) + 1, byte = i % static_cast<size_t>(width);
    bytes[i] = static_cast<uint8_t>(width == 1  ? element % 251 + 1
                                    : byte == 0 ? element
                                    : byte == 1 ? element >> 8
                                                : 7);
  }
}

TEST_CASE("every element stands where the formula says, padding is zero, and unpack inverts") {
  for (const PackLayout& layout : layouts()) {
    const int64_t width = dtype_bytes(layout.dtype);
    for (auto [n, k] : {std::pair<int64_t, int64_t>{1, 1}, {5, 7}, {49, 33}, {0, 3}, {3, 0}}) {
      CAPTURE(dtype_name(layout.dtype));
      CAPTURE(layout.panel);
      CAPTURE(layout.interleave);
      CAPTURE(layout.block);
      CAPTURE(n);
      CAPTURE(k);
      std::vector<uint8_t> source(static_cast<size_t>(n * k * width));
      fill(source, width);
      const int64_t size = packed_bytes(layout, n, k);
      std::vector<uint8_t> packed(static_cast<size_t>(size) + 16, 0xEE);
      const PackedView view{packed.data(), layout, n, k};
      pack_panels(layout, source.data(), k, 1, n, k, 0, view.panels(), packed.data());

      bool placed = true;
      std::vector<uint8_t> expected(packed.size(), 0);
      std::fill(expected.end() - 16, expected.end(), uint8_t{0xEE});
      for (int64_t i = 0; i < n; ++i) {
        for (int64_t j = 0; j < k; ++j) {
          const int64_t at = walk_to(layout, k, i, j);
          placed = placed && at == packed_index(layout, k, i, j);
          std::memcpy(&expected[static_cast<size_t>(at * width)], &source[static_cast<size_t>((i * k + j) * width)],
                      static_cast<size_t>(width));
        }
      }
      CHECK(placed);
      CHECK(packed == expected);
      std::vector<uint8_t> back(source.size());
      unpack(view, back.data());
      CHECK(back == source);
    }
  }
}

TEST_CASE("a strided or transposed source, packed a few panels at a time, gives the same bytes") {
  const int64_t n = 37, k = 19;
  for (const PackLayout& layout : layouts()) {
    if (layout.dtype != DType::f32) continue;
    std::vector<float> plain(n * k), transposed(k * n), wide(n * (k + 6), -1.0f);
    for (int64_t i = 0; i < n; ++i) {
      for (int64_t j = 0; j < k; ++j) {
        plain[i * k + j] = transposed[j * n + i] = wide[i * (k + 6) + j] = static_cast<float>(i * 100 + j + 1);
      }
    }
    const size_t size = static_cast<size_t>(packed_bytes(layout, n, k));
    const int64_t panels = (n + layout.panel - 1) / layout.panel;
    std::vector<char> whole(size), parts(size), from_wide(size);
    pack_panels(layout, plain.data(), k, 1, n, k, 0, panels, whole.data());
    for (int64_t p = 0; p < panels; p += 2) {
      pack_panels(layout, transposed.data(), 1, n, n, k, p, std::min(p + 2, panels), parts.data());
    }
    pack_panels(layout, wide.data(), k + 6, 1, n, k, 0, panels, from_wide.data());
    CHECK(whole == parts);
    CHECK(whole == from_wide);
  }
}

}  // namespace
}  // namespace vectral::test
