// pack_panel against the formula of the layout, over heights, widths and alignments that end inside a vector.
#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "../dispatch/select.h"

namespace vectral::test {
namespace {

struct Kind {
  Arithmetic arithmetic;
  DType weights;
};

// Bytes that differ from their neighbours and from zero, at an odd address, with a gap between rows.
struct Source {
  Source(int64_t rows, int64_t row_bytes) : step(row_bytes + 3), memory(static_cast<size_t>(rows * step + 8)) {
    for (size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<uint8_t>(i * 37 % 255 + 1);
  }
  const uint8_t* row(int64_t r) const { return memory.data() + 1 + r * step; }
  int64_t step;
  std::vector<uint8_t> memory;
};

TEST_CASE("a packed panel has every element where the formula says, and zeros elsewhere") {
  for (const IsaChoice& isa : runnable_isas()) {
    for (const Kind kind :
         {Kind{Arithmetic::f32, DType::f32}, Kind{Arithmetic::f32, DType::f16}, Kind{Arithmetic::f32, DType::bf16},
          Kind{Arithmetic::bf16, DType::bf16}, Kind{Arithmetic::i8, DType::i8}}) {
      const PackLayout layout = isa.kernels->gemm_layout(kind.arithmetic, kind.weights, 1000);
      const int64_t width = dtype_bytes(layout.dtype);
      for (int64_t height = 0; height <= layout.panel; height += height < 3 || height > layout.panel - 3 ? 1 : 5) {
        for (int64_t k = 0; k <= 70; ++k) {
          const Source source(height, k * width);
          const int64_t bytes = packed_bytes(layout, layout.panel, k);
          std::vector<uint8_t> packed(static_cast<size_t>(bytes) + 64, 0xEE), expected(packed.size(), 0);
          std::fill(expected.end() - 64, expected.end(), uint8_t{0xEE});
          for (int64_t n = 0; n < height; ++n) {
            for (int64_t j = 0; j < k; ++j) {
              std::memcpy(&expected[static_cast<size_t>(packed_index(layout, k, n, j) * width)],
                          source.row(n) + j * width, static_cast<size_t>(width));
            }
          }
          isa.kernels->pack_panel(layout, source.row(0), source.step, height, k, packed.data());
          if (packed != expected) {
            FAIL_CHECK(isa.name << ' ' << dtype_name(layout.dtype) << " x " << layout.interleave << ", height "
                                << height << ", k " << k);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace vectral::test
