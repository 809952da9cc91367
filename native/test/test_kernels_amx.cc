// The GEMMs on tile registers. test_kernels_gemm_bf16 and _i8 run them too, emulated, and in earnest where there is
// AMX; here stand the emulation itself, what the registers are configured with, and the shapes that only they make a
// case of.
#include <algorithm>

#include "emulated_amx.h"
#include "gemm_support.h"

namespace vectral::test {
namespace {

// Palette 1; rows of 64 bytes; for sums 0 .. 3 and A 4, 5 the rows of the block's halves, for W 6, 7 sixteen groups.
TEST_CASE("tile configuration of every block height") {
  for (int64_t height = 1; height <= 32; ++height) {
    CAPTURE(height);
    const int upper = static_cast<int>(height > 16 ? (height + 1) / 2 : height);
    const int lower = static_cast<int>(height) - upper;
    const int rows[8] = {upper, upper, lower, lower, upper, lower, 16, 16};
    std::vector<uint8_t> expected(64, 0);
    expected[0] = 1;
    for (size_t i = 0; i < 8; ++i) {
      expected[16 + 2 * i] = rows[i] > 0 ? 64 : 0;
      expected[48 + i] = static_cast<uint8_t>(rows[i]);
    }
    CHECK(tile_config_bytes(height) == expected);
    CHECK_NOTHROW(EmulatedTiles::load_config(expected.data()));
  }
  EmulatedTiles::release();
}

TEST_CASE("the emulated registers refuse what the processor refuses") {
  EmulatedTiles::release();
  float sums[16 * 16] = {};
  CHECK_THROWS(EmulatedTiles::zero<0>());
  std::vector<uint8_t> config = tile_config_bytes(9);
  EmulatedTiles::load_config(config.data());
  CHECK_NOTHROW(EmulatedTiles::dot_bf16<0, 4, 6>());
  CHECK_THROWS(EmulatedTiles::store<2>(sums, 64));
  CHECK_THROWS(EmulatedTiles::dot_bf16<0, 4, 4>());
  CHECK_THROWS(EmulatedTiles::dot_bf16<6, 4, 7>());
  for (const size_t byte : {0, 5, 16, 32, 48, 56}) {
    CAPTURE(byte);
    std::vector<uint8_t> wrong = config;
    wrong[byte] += byte == 16 ? 1 : byte == 48 ? 8 : 2;
    CHECK_THROWS(EmulatedTiles::load_config(wrong.data()));
  }
  EmulatedTiles::release();
}

// Two rows of one group by one column: values chosen so that another order, or gradual underflow, would show.
TEST_CASE("the emulated products are those of the manual") {
  std::vector<uint8_t> config(64, 0);
  config[0] = 1;
  const auto set = [&](size_t tile, uint8_t rows, uint8_t bytes) {
    config[48 + tile] = rows;
    config[16 + 2 * tile] = bytes;
  };
  set(0, 1, 4), set(1, 1, 8), set(2, 2, 4);
  EmulatedTiles::load_config(config.data());
  const auto product = [](float a0, float a1, float a2, float a3, float w0, float w1, float w2, float w3, float c) {
    const BF16 a[] = {narrow_bf16(a0), narrow_bf16(a1), narrow_bf16(a2), narrow_bf16(a3)};
    const BF16 w[] = {narrow_bf16(w0), narrow_bf16(w1), narrow_bf16(w2), narrow_bf16(w3)};
    EmulatedTiles::load<0>(&c, 4);
    EmulatedTiles::load<1>(a, 8);
    EmulatedTiles::load<2>(w, 4);
    EmulatedTiles::dot_bf16<0, 1, 2>();
    EmulatedTiles::store<0>(&c, 4);
    return c;
  };
  CHECK(product(1, 2, 3, 4, 5, 6, 7, 8, 0.5f) == 5 + 12 + 21 + 32 + 0.5f);
  // Even terms 2^24 + 1 round to 2^24, odd ones are 1 + 1; one chain over all four would give 2^24.
  CHECK(product(0x1p24f, 1, 1, 1, 1, 1, 1, 1, 0) == 0x1p24f + 2);
  // The four are summed before they meet what was there.
  CHECK(product(1, 1, 1, 1, 1, 1, 1, 1, 0x1p25f) == 0x1p25f + 4);
  // Denormals: of the operands, of a product, of the sum so far.
  CHECK(product(0x1p-130f, 0, 0, 0, 0x1p20f, 0, 0, 0, 0) == 0);
  CHECK(product(0x1p-70f, 0, 0, 0, 0x1p-70f, 0, 0, 0, 0) == 0);
  CHECK(product(0, 0, 0, 0, 0, 0, 0, 0, 0x1p-130f) == 0);

  const uint8_t a[] = {255, 255, 1, 0, 255, 255, 255, 2};
  const int8_t w[] = {-128, -128, 127, 5, 127, 127, -1, 3};
  int32_t c = 7;
  EmulatedTiles::load<0>(&c, 4);
  EmulatedTiles::load<1>(a, 8);
  EmulatedTiles::load<2>(w, 4);
  EmulatedTiles::dot_u8s8<0, 1, 2>();
  EmulatedTiles::store<0>(&c, 4);
  CHECK(c == 7 + 2 * 255 * -128 + 127 + 2 * 255 * 127 - 255 + 6);
  EmulatedTiles::release();
}

// Every number of rows in a block and of blocks up to three, whole steps of k and rests, with C as the residual: a row
// finished twice would have it added twice, one left out not at all.
TEST_CASE("every row once, whatever the blocks") {
  const KernelTable& kernels = emulated_amx();
  for (int64_t k : {64, 130}) {
    for (int64_t m = 1; m <= 98; ++m) {
      CAPTURE(k);
      CAPTURE(m);
      Quantised<uint8_t, int8_t> p(m, 40, k, 4, static_cast<uint32_t>(m));
      std::mt19937 engine(3);
      for (uint8_t& x : p.a) x = static_cast<uint8_t>(engine());
      for (int8_t& w : p.weights) w = static_cast<int8_t>(engine());
      const std::vector<float> ones(static_cast<size_t>(std::max(m, p.n)), 1.0f);
      const std::vector<int32_t> none(static_cast<size_t>(p.n), 0);
      GemmArgs g = p.args(kernels, Arithmetic::i8, DType::i8);
      g.row_scale = g.column_scale = ones.data();
      g.column_sum = none.data();
      g.far_weights = m % 2 == 0;
      std::vector<float> c(static_cast<size_t>(m * p.ldc), 0.5f);
      g.c = c.data();
      g.residual = c.data();
      g.ldr = g.ldc;
      kernels.gemm_i8(g);
      bool right = true;
      for (int64_t i = 0; i < m; ++i) {
        for (int64_t j = 0; j < p.ldc; ++j) {
          int64_t sum = 0;
          for (int64_t l = 0; l < k && j < p.n; ++l) sum += p.a[i * p.lda + l] * p.weights[j * k + l];
          right = right && c[i * p.ldc + j] == static_cast<float>(sum) + 0.5f;
        }
      }
      CHECK(right);
      CHECK(EmulatedTiles::released());
    }
  }
}

TEST_CASE("the processor's tile registers give the bits of the emulated ones") {
  IsaChoice amx;
  if (!choose_isa("amx", &amx).is_ok()) {
    MESSAGE("SKIPPED: this machine has no AMX");
    return;
  }
  for (int64_t m : {1, 15, 16, 17, 32, 33, 64, 100}) {
    for (int64_t k : {0, 1, 31, 32, 96, 130, 768}) {
      CAPTURE(m);
      CAPTURE(k);
      Quantised<BF16, BF16> p(m, 70, k, 2, static_cast<uint32_t>(m + k));
      for (BF16& x : p.a) x = narrow_bf16(p.numbers.normal());
      for (BF16& w : p.weights) w = narrow_bf16(p.numbers.normal());
      GemmArgs g = p.args(emulated_amx(), Arithmetic::bf16, DType::bf16);
      CHECK(amx.kernels->gemm_layout(Arithmetic::bf16, DType::bf16, 70) == g.w.layout);
      g.bias = p.bias.data();
      Guarded expected = p.run(emulated_amx().gemm_bf16, g), got = p.run(amx.kernels->gemm_bf16, g);
      CHECK(std::memcmp(got.data(), expected.data(), static_cast<size_t>(m * p.ldc) * 4) == 0);
    }
  }
}

}  // namespace
}  // namespace vectral::test
