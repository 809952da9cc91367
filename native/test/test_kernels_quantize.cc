// quantize_bf16_rows and quantize_i8_rows against their definitions, and a whole int8 product against float64.
#include <algorithm>
#include <bit>

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

// The rotation by its definition: in a block of 16 slices of `slice` values, value j of slice s is the sum over t of
// H[s][t] times value j of slice t, with H[s][t] = (-1)^(number of ones in s & t), the Hadamard matrix of order 16.
std::vector<double> rotated64(const float* x, int64_t k) {
  std::vector<double> y(x, x + k);
  for (int64_t begin = 0; begin < k;) {
    const int64_t block = std::min<int64_t>(128, (k - begin) / 16 * 16), slice = block / 16;
    if (block == 0) {
      y[begin++] *= 4;
      continue;
    }
    for (int64_t at = 0; at < block; ++at) {
      double sum = 0;
      for (int64_t t = 0; t < 16; ++t) {
        const double value = x[begin + t * slice + at % slice];
        sum += std::popcount(static_cast<uint64_t>(at / slice & t)) % 2 == 0 ? value : -value;
      }
      y[begin + at] = sum;
    }
    begin += block;
  }
  return y;
}

struct QuantisedRows {
  QuantisedRows(const KernelTable& kernels, const float* x, int64_t ldx, int64_t count, int64_t k, int64_t ldq)
      : q(static_cast<size_t>(count * ldq), 7), scale(static_cast<size_t>(count + 1), Guarded::kGuard) {
    std::vector<float> scratch(static_cast<size_t>(k + 1), Guarded::kGuard);
    kernels.quantize_i8_rows(x, ldx, count, k, scratch.data(), q.data(), ldq, scale.data());
    CHECK(scratch[static_cast<size_t>(k)] == Guarded::kGuard);
    CHECK(scale[static_cast<size_t>(count)] == Guarded::kGuard);
  }
  std::vector<uint8_t> q;
  std::vector<float> scale;
};

// The rotation's sums of 16 round four times, each by half an ulp of at most the largest sum; around a tie that adds to
// the reciprocal's and the product's rounding at up to 255.
TEST_CASE("quantize_i8_rows: scale, nearest values, padding") {
  const KernelTable& scalar = *runnable_isas().front().kernels;
  on_every_isa([&](const KernelTable& kernels) {
    Numbers numbers(2);
    std::vector<int64_t> sizes = lengths();
    for (int64_t k : {127, 128, 129, 160, 255, 256, 312, 383, 384}) sizes.push_back(k);
    for (int64_t k : sizes) {
      CAPTURE(k);
      const int64_t ldx = k + 3, padded = round_up(k, 4), ldq = padded + 3;
      const std::vector<float> x = rows(numbers, k, ldx);
      const QuantisedRows got(kernels, x.data(), ldx, kRows, k, ldq), twin(scalar, x.data(), ldx, kRows, k, ldq);
      for (int64_t r = 0; r < kRows; ++r) {
        const std::vector<double> exact = rotated64(&x[r * ldx], k);
        double most = 0;
        for (double v : exact) most = std::max(most, std::abs(v));
        CHECK(same_bits(got.scale[r], twin.scale[r]));
        CHECK(std::abs(got.scale[r] - most / 127) <= 3e-7 * most / 127);
        bool near = true, like = true, gap = true, pad = true;
        for (int64_t i = 0; i < k; ++i) {
          const double value = exact[i] / (most / 127) + 128;
          near = near && std::abs(got.q[r * ldq + i] - value) <= 0.5 + 2e-4;
          const bool tie = std::abs(value - std::floor(value) - 0.5) < 2e-4;
          like = like && (tie || got.q[r * ldq + i] == twin.q[r * ldq + i]);
        }
        for (int64_t i = k; i < padded; ++i) pad = pad && got.q[r * ldq + i] == 128;
        for (int64_t i = padded; i < ldq; ++i) gap = gap && got.q[r * ldq + i] == 7;
        CHECK((near && like && pad && gap));
        const uint8_t* const q = &got.q[r * ldq];
        if (k > 0) CHECK(std::any_of(q, q + k, [](uint8_t v) { return v == 1 || v == 255; }));
      }
    }
  });
}

TEST_CASE("quantize_i8_rows ties go to the even value") {
  on_every_isa([](const KernelTable& kernels) {
    // Too short for a block, so only multiplied by 4. Scale 1: the products stand for themselves.
    const float x[] = {127 / 4.0f, 0.125f, 0.375f, 0.625f, -0.125f, -0.375f, -127 / 4.0f};
    const int expected[] = {127, 0, 2, 2, 0, -2, -127};
    const QuantisedRows got(kernels, x, 7, 1, 7, 8);
    CHECK(got.scale[0] == 1);
    for (int i = 0; i < 7; ++i) CHECK(got.q[i] - 128 == expected[i]);
  });
}

// A single value is spread over its 16 places with its own magnitude, or only grows by 4: exact either way.
TEST_CASE("quantize_i8_rows: zero, tiny, huge and poisoned rows") {
  on_every_isa([](const KernelTable& kernels) {
    for (int64_t k : {1, 4, 17, 40, 128, 200}) {
      for (int64_t at = 0; at < k; ++at) {
        const bool mixed = at < k / 16 * 16;
        for (float value : {0.0f, -0.0f, 1e-45f, -1e-39f, 8e37f, -8e37f, kNaN, kInf, -kInf}) {
          CAPTURE(k);
          CAPTURE(at);
          CAPTURE(value);
          std::vector<float> x(static_cast<size_t>(k), 0.0f);
          x[at] = value;
          const QuantisedRows got(kernels, x.data(), k, 1, k, round_up(k, 4));
          if (!std::isfinite(value)) {
            CHECK(std::isnan(got.scale[0]));
            continue;
          }
          const bool zero = std::abs(value) < 1e-38f;
          CHECK(same_bits(got.scale[0], zero ? 0.0f : std::abs(mixed ? value : 4 * value) / 127.0f));
          const std::vector<double> exact = rotated64(x.data(), k);
          bool right = true;
          for (int64_t i = 0; i < static_cast<int64_t>(got.q.size()); ++i) {
            const double v = i < k ? exact[i] : 0;
            right = right && got.q[i] == (zero || v == 0 ? 128 : v > 0 ? 255 : 1);
          }
          CHECK(right);
        }
      }
    }
  });
}

TEST_CASE("quantize_i8_rows: what overflows when rotated poisons its row, wherever it is") {
  on_every_isa([](const KernelTable& kernels) {
    for (int64_t k : {40, 128, 300}) {
      for (int64_t other = 1; other < k; ++other) {
        std::vector<float> x(static_cast<size_t>(k), 0.0f);
        x[0] = 3e38f;
        x[other] = -3e38f;
        const std::vector<double> exact = rotated64(x.data(), k);
        const bool over = std::any_of(exact.begin(), exact.end(), [](double v) { return std::abs(v) > 3.4e38; });
        CHECK(std::isnan(QuantisedRows(kernels, x.data(), k, 1, k, round_up(k, 4)).scale[0]) == over);
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
    const QuantisedRows a(kernels, x.data(), k, m, k, ld);
    QuantisedRows by(kernels, w.data(), k, n, k, ld);
    std::vector<uint8_t>& b = by.q;
    const std::vector<float>& row_scale = a.scale;
    std::vector<float> column_scale = by.scale, c(static_cast<size_t>(m * n));
    for (float& scale : column_scale) scale /= kRotationGain;
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
    g.a = a.q.data();
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
      const std::vector<double> xr = rotated64(&x[i * k], k);
      for (int64_t j = 0; j < n; ++j) {
        const std::vector<double> wr = rotated64(&w[j * k], k);
        double truth = 0, bound = 1e-5;
        for (int64_t l = 0; l < k; ++l) {
          truth += static_cast<double>(x[i * k + l]) * w[j * k + l];
          bound += 0.5002 * (row_scale[i] * std::abs(wr[l]) / kRotationGain + column_scale[j] * std::abs(xr[l])) +
                   0.2502 * row_scale[i] * column_scale[j];
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
