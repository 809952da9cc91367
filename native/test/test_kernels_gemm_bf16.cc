// gemm_bf16 against float64 on the same bf16 operands, and the promise that a row's bits depend on nothing but it.
#include "gemm_support.h"

namespace vectral::test {
namespace {

struct Problem : Quantised<BF16, BF16> {
  Problem(int64_t m, int64_t n, int64_t k, uint32_t seed) : Quantised(m, n, k, 2, seed) {
    // Gaps and padding of A hold NaN, except the zero that the contract asks for.
    for (BF16& x : a) x = narrow_bf16(kNaN);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t l = 0; l < k; ++l) a[i * lda + l] = narrow_bf16(numbers.normal());
      if (k % 2 != 0) a[i * lda + k] = narrow_bf16(0);
    }
    for (BF16& w : weights) w = narrow_bf16(numbers.normal());
  }

  GemmArgs args(const KernelTable& kernels) { return Quantised::args(kernels, Arithmetic::bf16, DType::bf16); }

  // As for gemm: (k + 8) half-ulps of the sum of magnitudes. vdpbf16ps may round a product besides its sum, and an
  // instruction set without fused multiply-adds too: twice that.
  double error_over_bound(const GemmArgs& g, Guarded& c) {
    double worst = 0;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = g.bias ? g.bias[j] : 0, magnitude = std::abs(sum);
        for (int64_t l = 0; l < k; ++l) {
          const double term = static_cast<double>(widen(a[i * lda + l])) * widen(weights[j * k + l]);
          sum += term;
          magnitude += std::abs(term);
        }
        const double truth = activation64(g.activation, sum) + (g.residual ? g.residual[i * g.ldr + j] : 0);
        const double bound = 2.4 * static_cast<double>(k + 8) * 0x1p-24 * magnitude + 1e-6 * (1 + std::abs(truth)) +
                             coarse_error(g.activation, sum);
        const double error = std::abs(c[i * ldc + j] - truth) / bound;
        if (!(error <= worst)) worst = error;
      }
    }
    return worst;
  }
};

TEST_CASE("gemm_bf16: every row count, odd k and n, against float64") {
  on_every_tested_isa([](const KernelTable& kernels) {
    for (int64_t n : {1, 5, 16, 17, 33, 48, 49, 100}) {
      for (int64_t k : {0, 1, 3, 5, 33, 96}) {
        for (int64_t m = 0; m <= 17; ++m) {
          CAPTURE(m);
          CAPTURE(n);
          CAPTURE(k);
          Problem p(m, n, k, static_cast<uint32_t>(m + 100 * n + 10000 * k));
          GemmArgs g = p.args(kernels);
          if (m % 2 != 0) g.bias = p.bias.data();
          Guarded c = p.run(kernels.gemm_bf16, g);
          CHECK(p.error_over_bound(g, c) <= 1);
          CHECK(p.gaps_hold(c));
        }
      }
    }
  });
}

TEST_CASE("gemm_bf16: more rows than one block of A, k of 383") {
  on_every_tested_isa([](const KernelTable& kernels) {
    Problem p(400, 50, 383, 12);
    GemmArgs g = p.args(kernels);
    Guarded c = p.run(kernels.gemm_bf16, g);
    CHECK(p.error_over_bound(g, c) <= 1);
    CHECK(p.gaps_hold(c));
  });
}

TEST_CASE("gemm_bf16: bias, residual and activation in every combination") {
  on_every_tested_isa([](const KernelTable& kernels) {
    for (int64_t n : {3, 48, 50}) {
      Problem p(7, n, 20, 5);
      for (Activation f : kActivations) {
        for (int mask = 0; mask < 4; ++mask) {
          CAPTURE(n);
          CAPTURE(static_cast<int>(f));
          CAPTURE(mask);
          GemmArgs g = p.args(kernels);
          g.activation = f;
          if (mask & 1) g.bias = p.bias.data();
          if (mask & 2) g.residual = p.residual.data();
          Guarded c = p.run(kernels.gemm_bf16, g);
          CHECK(p.error_over_bound(g, c) <= 1);
          CHECK(p.gaps_hold(c));
        }
      }
    }
  });
}

TEST_CASE("gemm_bf16: rows and panels may be cut anywhere without changing a bit") {
  on_every_tested_isa([](const KernelTable& kernels) {
    Problem p(29, 150, 67, 8);
    GemmArgs g = p.args(kernels);
    g.bias = p.bias.data();
    g.residual = p.residual.data();
    g.activation = Activation::gelu;
    p.check_cuts(kernels.gemm_bf16, g);
  });
}

TEST_CASE("gemm_bf16: a result in bf16 is the f32 one rounded, and nothing beside it is written") {
  on_every_tested_isa([](const KernelTable& kernels) {
    for (const int64_t m : {1, 7, 33}) {
      for (const int64_t n : {1, 17, 96, 100}) {
        for (const Activation f : {Activation::none, Activation::gelu}) {
          CAPTURE(m);
          CAPTURE(n);
          Problem p(m, n, 34, static_cast<uint32_t>(m + n));
          GemmArgs g = p.args(kernels);
          g.bias = p.bias.data();
          g.activation = f;
          Guarded wide = p.run(kernels.gemm_bf16, g);
          const BF16 guard = narrow_bf16(-3);
          std::vector<BF16> half(static_cast<size_t>(m * p.ldc), guard);
          g.c = half.data();
          g.c_type = DType::bf16;
          kernels.gemm_bf16(g);
          bool rounded = true, kept = true;
          for (int64_t i = 0; i < m; ++i) {
            for (int64_t j = 0; j < p.ldc; ++j) {
              const BF16 got = half[static_cast<size_t>(i * p.ldc + j)];
              if (j < n) rounded = rounded && got.bits == narrow_bf16(wide[i * p.ldc + j]).bits;
              if (j >= n) kept = kept && got.bits == guard.bits;
            }
          }
          CHECK(rounded);
          CHECK(kept);
        }
      }
    }
  });
}

TEST_CASE("gemm_bf16: NaN and infinity reach exactly the rows and columns they belong to") {
  on_every_tested_isa([](const KernelTable& kernels) {
    Problem p(11, 50, 9, 13);
    p.a[4 * p.lda + 8] = narrow_bf16(kNaN);
    p.weights[20 * 9 + 8] = narrow_bf16(kInf);
    Guarded c = p.run(kernels.gemm_bf16, p.args(kernels));
    for (int64_t i = 0; i < p.m; ++i) {
      for (int64_t j = 0; j < p.n; ++j) {
        const float v = c[i * p.ldc + j];
        CHECK(std::isnan(v) == (i == 4));
        if (i != 4) CHECK(std::isinf(v) == (j == 20));
      }
    }
  });
}

}  // namespace
}  // namespace vectral::test
