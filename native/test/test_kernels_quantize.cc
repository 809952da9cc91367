// quantize_bf16_rows and quantize_i8_rows against their definitions, and a whole int8 product against float64.
#include <algorithm>

#include "gemm_support.h"

namespace vectral::test {
namespace {

constexpr int64_t kRows = 3;

// Normals in rows `ldx` apart, NaN between them: reading a gap shows.
std::vector<float> rows(Numbers& numbers, int64_t k, int64_t ldx) {
  std::vector<float> x(static_cast<size_t>(kRows * ldx), kNaN);
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t i = 0; i < k; ++i) x[r * ldx + i] = numbers.normal();
  }
  return x;
}

TEST_CASE("quantize_bf16_rows rounds to nearest even and pads with zeros") {
  on_every_isa([](const KernelTable& kernels) {
    Numbers numbers(1);
    std::vector<int64_t> sizes = lengths();
    sizes.push_back(383);
    for (int64_t k : sizes) {
      CAPTURE(k);
      const int64_t ldx = k + 3, padded = round_up(k, 2), ldq = padded + 3;
      std::vector<float> x = rows(numbers, k, ldx);
      if (k > 4) {
        x[0] = std::bit_cast<float>(0x3F808000u);  // between two neighbours, the lower is even
        x[1] = std::bit_cast<float>(0x3F818000u);  // the upper is even
        x[2] = 3.4e38f, x[3] = -kInf, x[4] = kNaN;
      }
      std::vector<BF16> q(static_cast<size_t>(kRows * ldq), BF16{0x1234});
      kernels.quantize_bf16_rows(x.data(), ldx, kRows, k, q.data(), ldq);
      bool right = true;
      for (int64_t r = 0; r < kRows; ++r) {
        for (int64_t i = 0; i < ldq; ++i) {
          const uint16_t got = q[r * ldq + i].bits;
          if (i < k && std::isnan(x[r * ldx + i])) {
            right = right && std::isnan(widen(q[r * ldq + i]));
          } else {
            const uint16_t expected = i < k ? narrow_bf16(x[r * ldx + i]).bits : i < padded ? 0 : 0x1234;
            right = right && got == expected;
          }
        }
      }
      CHECK(right);
    }
  });
}

TEST_CASE("quantize_bf16_rows keeps a denormal or takes it for zero") {
  on_every_isa([](const KernelTable& kernels) {
    const float x[] = {1e-39f, -1e-39f};
    BF16 q[2];
    kernels.quantize_bf16_rows(x, 2, 1, 2, q, 2);
    for (int i = 0; i < 2; ++i) {
      CHECK((q[i].bits == narrow_bf16(x[i]).bits || widen(q[i]) == 0));
    }
  });
}

// 1e-4 around a tie: the reciprocal's and the product's rounding at up to 127.
TEST_CASE("quantize_i8_rows: scale, nearest values, padding") {
  const KernelTable& scalar = *runnable_isas().front().kernels;
  on_every_isa([&](const KernelTable& kernels) {
    Numbers numbers(2);
    std::vector<int64_t> sizes = lengths();
    sizes.push_back(383);
    for (int64_t k : sizes) {
      CAPTURE(k);
      const int64_t ldx = k + 3, padded = round_up(k, 4), ldq = padded + 3;
      const std::vector<float> x = rows(numbers, k, ldx);
      std::vector<uint8_t> q(static_cast<size_t>(kRows * ldq), 7), twin(q);
      std::vector<float> scale(kRows + 1, Guarded::kGuard), twin_scale(kRows);
      kernels.quantize_i8_rows(x.data(), ldx, kRows, k, q.data(), ldq, scale.data());
      scalar.quantize_i8_rows(x.data(), ldx, kRows, k, twin.data(), ldq, twin_scale.data());
      CHECK(q == twin);
      CHECK(scale[kRows] == Guarded::kGuard);
      for (int64_t r = 0; r < kRows; ++r) {
        double most = 0;
        for (int64_t i = 0; i < k; ++i) most = std::max(most, std::abs(static_cast<double>(x[r * ldx + i])));
        CHECK(same_bits(scale[r], static_cast<float>(most) / 127.0f));
        bool near = true, gap = true, pad = true;
        for (int64_t i = 0; i < k; ++i) {
          const double exact = x[r * ldx + i] / (most / 127) + 128;
          near = near && std::abs(q[r * ldq + i] - exact) <= 0.5 + 1e-4;
        }
        for (int64_t i = k; i < padded; ++i) pad = pad && q[r * ldq + i] == 128;
        for (int64_t i = padded; i < ldq; ++i) gap = gap && q[r * ldq + i] == 7;
        CHECK((near && pad && gap));
        if (k > 0) CHECK(std::any_of(&q[r * ldq], &q[r * ldq + k], [](uint8_t v) { return v == 1 || v == 255; }));
      }
    }
  });
}

TEST_CASE("quantize_i8_rows ties go to the even value") {
  on_every_isa([](const KernelTable& kernels) {
    // Scale 1: the values stand for themselves.
    const float x[] = {127, 0.5f, 1.5f, 2.5f, -0.5f, -1.5f, -127};
    const int expected[] = {127, 0, 2, 2, 0, -2, -127};
    uint8_t q[8];
    float scale;
    kernels.quantize_i8_rows(x, 7, 1, 7, q, 8, &scale);
    CHECK(scale == 1);
    for (int i = 0; i < 7; ++i) CHECK(q[i] - 128 == expected[i]);
  });
}

TEST_CASE("quantize_i8_rows: zero, tiny, huge and poisoned rows") {
  on_every_isa([](const KernelTable& kernels) {
    for (int64_t k : {1, 4, 17, 40}) {
      for (int64_t at = 0; at < k; ++at) {
        for (float value : {0.0f, -0.0f, 1e-45f, -1e-39f, 3.4e38f, -3.4e38f, kNaN, kInf, -kInf}) {
          CAPTURE(k);
          CAPTURE(at);
          CAPTURE(value);
          std::vector<float> x(static_cast<size_t>(k), 0.0f);
          x[at] = value;
          std::vector<uint8_t> q(static_cast<size_t>(round_up(k, 4)), 7);
          float scale = -1;
          kernels.quantize_i8_rows(x.data(), k, 1, k, q.data(), k, &scale);
          if (!std::isfinite(value)) {
            CHECK(std::isnan(scale));
            continue;
          }
          const bool zero = std::abs(value) < 1e-38f;
          CHECK(same_bits(scale, zero ? 0.0f : std::abs(value) / 127.0f));
          bool right = true;
          for (int64_t i = 0; i < static_cast<int64_t>(q.size()); ++i) {
            right = right && q[i] == (i != at || zero ? 128 : value > 0 ? 255 : 1);
          }
          CHECK(right);
        }
      }
    }
  });
}

// Both operands quantised by the kernel, weights turned to s8 by flipping the top bit: the error of the whole product
// is that of the rounding, at most half a step of either operand a term, plus both at once.
TEST_CASE("an int8 product stays within the rounding of its operands") {
  on_every_tested_isa([](const KernelTable& kernels) {
    const int64_t m = 9, n = 50, k = 383, ld = 384;
    Numbers numbers(3);
    const std::vector<float> x = numbers.normals(m * k), w = numbers.normals(n * k);
    std::vector<uint8_t> a(static_cast<size_t>(m * ld)), b(static_cast<size_t>(n * ld));
    std::vector<float> row_scale(m), column_scale(n), c(static_cast<size_t>(m * n));
    kernels.quantize_i8_rows(x.data(), k, m, k, a.data(), ld, row_scale.data());
    kernels.quantize_i8_rows(w.data(), k, n, k, b.data(), ld, column_scale.data());
    std::vector<int32_t> column_sum(n);
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t l = 0; l < k; ++l) column_sum[j] += b[j * ld + l] - 128;
    }
    for (uint8_t& v : b) v ^= 0x80;
    const PackLayout layout = kernels.gemm_layout(Arithmetic::i8, DType::i8, n);
    std::vector<char> packed(static_cast<size_t>(packed_bytes(layout, n, k)));
    GemmArgs g;
    g.w = {packed.data(), layout, n, k};
    pack_panels(layout, b.data(), ld, 1, n, k, 0, g.w.panels(), packed.data());
    g.a = a.data();
    g.lda = ld;
    g.c = c.data();
    g.ldc = n;
    g.row_end = m;
    g.panel_end = g.w.panels();
    g.row_scale = row_scale.data();
    g.column_scale = column_scale.data();
    g.column_sum = column_sum.data();
    kernels.gemm_i8(g);
    double worst = 0;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double truth = 0, bound = 1e-5;
        for (int64_t l = 0; l < k; ++l) {
          truth += static_cast<double>(x[i * k + l]) * w[j * k + l];
          bound += 0.5001 * (row_scale[i] * std::abs(w[j * k + l]) + column_scale[j] * std::abs(x[i * k + l])) +
                   0.2501 * row_scale[i] * column_scale[j];
        }
        worst = std::max(worst, std::abs(c[i * n + j] - truth) / bound);
      }
    }
    CHECK(worst <= 1);
    CHECK(worst > 0);
  });
}

}  // namespace
}  // namespace vectral::test
