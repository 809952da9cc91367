// gemm_i8: exact integers on every instruction set, the epilogue against float64, cuts without a changed bit.
#include <map>

#include "gemm_support.h"

namespace vectral::test {
namespace {

struct Problem : Quantised<uint8_t, int8_t> {
  Problem(int64_t m, int64_t n, int64_t k, uint32_t seed) : Quantised(m, n, k, 4, seed) {
    std::mt19937 engine(seed);
    for (uint8_t& x : a) x = static_cast<uint8_t>(engine());
    for (int8_t& w : weights) w = static_cast<int8_t>(engine());
    row_scale = numbers.normals(m);
    column_scale = numbers.normals(n);
  }

  GemmArgs args(const KernelTable& kernels) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t l = k; l < round_up(k, 4); ++l) a[i * lda + l] = 128;
    }
    column_sum.assign(static_cast<size_t>(n), 0);
    for (int64_t j = 0; j < n; ++j) {
      for (int64_t l = 0; l < k; ++l) column_sum[j] += weights[j * k + l];
    }
    GemmArgs g = Quantised::args(kernels, Arithmetic::i8, DType::i8);
    g.row_scale = row_scale.data();
    g.column_scale = column_scale.data();
    g.column_sum = column_sum.data();
    return g;
  }

  int64_t sum(int64_t i, int64_t j) const {
    int64_t total = 0;
    for (int64_t l = 0; l < k; ++l) total += (static_cast<int64_t>(a[i * lda + l]) - 128) * weights[j * k + l];
    return total;
  }

  // Three roundings of the scaled sum, one of the bias' addition, and 1e-6 of the activation.
  double error_over_bound(const GemmArgs& g, Guarded& c) const {
    double worst = 0;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        const double scaled = static_cast<double>(sum(i, j)) * row_scale[i] * column_scale[j];
        const double bias = g.bias ? g.bias[j] : 0, r = g.residual ? g.residual[i * g.ldr + j] : 0;
        const double truth = activation64(g.activation, scaled + bias) + r;
        const double magnitude = std::abs(scaled) + std::abs(bias) + std::abs(r);
        const double bound =
            1.2 * 5 * 0x1p-24 * magnitude + 1e-6 * (1 + std::abs(truth)) + coarse_error(g.activation, scaled + bias);
        const double error = std::abs(c[i * ldc + j] - truth) / bound;
        if (!(error <= worst)) worst = error;
      }
    }
    return worst;
  }

  std::vector<float> row_scale, column_scale;
  std::vector<int32_t> column_sum;
};

// The sum itself, seen through scales of one: rounded once, to the nearest float.
bool sums_exact(Problem& p, const KernelTable& kernels) {
  std::fill(p.row_scale.begin(), p.row_scale.end(), 1.0f);
  std::fill(p.column_scale.begin(), p.column_scale.end(), 1.0f);
  Guarded c = p.run(kernels.gemm_i8, p.args(kernels));
  bool exact = p.gaps_hold(c);
  for (int64_t i = 0; i < p.m; ++i) {
    for (int64_t j = 0; j < p.n; ++j) {
      exact = exact && same_bits(c[i * p.ldc + j], static_cast<float>(p.sum(i, j)));
    }
  }
  return exact;
}

TEST_CASE("gemm_i8: sums are exact at every row count, odd k and n") {
  on_every_tested_isa([](const KernelTable& kernels) {
    for (int64_t n : {1, 5, 16, 17, 33, 48, 49, 100}) {
      for (int64_t k : {0, 1, 3, 5, 33, 96, 383}) {
        for (int64_t m = 0; m <= 17; m += k > 96 ? 3 : 1) {
          CAPTURE(m);
          CAPTURE(n);
          CAPTURE(k);
          Problem p(m, n, k, static_cast<uint32_t>(m + 100 * n + 10000 * k));
          CHECK(sums_exact(p, kernels));
        }
      }
    }
  });
}

// Products of the extremes: 255 * -128 twice over is beyond i16, and 65536 of them reach 0.996 of i32.
TEST_CASE("gemm_i8: no saturation and no overflow, up to k of 65536") {
  on_every_tested_isa([](const KernelTable& kernels) {
    for (int64_t k : {8, 65536}) {
      for (int activation : {0, 1, 255}) {
        for (int weight : {-128, -127, 127}) {
          CAPTURE(k);
          CAPTURE(activation);
          CAPTURE(weight);
          Problem p(3, 17, k, 3);
          std::fill(p.a.begin(), p.a.end(), static_cast<uint8_t>(activation));
          std::fill(p.weights.begin(), p.weights.end(), static_cast<int8_t>(weight));
          CHECK(sums_exact(p, kernels));
        }
      }
    }
  });
}

TEST_CASE("gemm_i8: scales, bias, residual and activation in every combination") {
  on_every_tested_isa([](const KernelTable& kernels) {
    for (int64_t n : {3, 48, 50}) {
      Problem p(7, n, 20, 5);
      for (float& s : p.row_scale) s *= 1e-2f;
      for (float& s : p.column_scale) s *= 1e-2f;
      for (Activation f : kActivations) {
        for (int mask = 0; mask < 4; ++mask) {
          CAPTURE(n);
          CAPTURE(static_cast<int>(f));
          CAPTURE(mask);
          GemmArgs g = p.args(kernels);
          g.activation = f;
          if (mask & 1) g.bias = p.bias.data();
          if (mask & 2) g.residual = p.residual.data();
          Guarded c = p.run(kernels.gemm_i8, g);
          CHECK(p.error_over_bound(g, c) <= 1);
          CHECK(p.gaps_hold(c));
        }
      }
    }
  });
}

TEST_CASE("gemm_i8: rows and panels may be cut anywhere without changing a bit") {
  on_every_tested_isa([](const KernelTable& kernels) {
    Problem p(29, 150, 67, 8);
    for (float& s : p.row_scale) s *= 1e-2f;
    GemmArgs g = p.args(kernels);
    g.bias = p.bias.data();
    g.residual = p.residual.data();
    g.activation = Activation::gelu;
    p.check_cuts(kernels.gemm_i8, g);
  });
}

// Without an activation the epilogue is the same few roundings in the same order on every instruction set.
TEST_CASE("gemm_i8: all instruction sets give the same bits") {
  Problem p(40, 77, 383, 9);
  std::map<std::string, Guarded> results;
  for (const IsaChoice& isa : tested_isas()) {
    GemmArgs g = p.args(*isa.kernels);
    g.bias = p.bias.data();
    g.residual = p.residual.data();
    results.emplace(isa.name, p.run(isa.kernels->gemm_i8, g));
  }
  Guarded& reference = results.at("scalar");
  for (auto& [name, c] : results) {
    CAPTURE(name);
    CHECK(std::memcmp(c.data(), reference.data(), static_cast<size_t>(p.m * p.ldc) * 4) == 0);
  }
}

TEST_CASE("gemm_i8: a row whose scale is NaN is NaN, a row of scale zero the bias") {
  on_every_tested_isa([](const KernelTable& kernels) {
    Problem p(9, 50, 12, 4);
    p.row_scale[3] = kNaN;
    p.row_scale[5] = 0;
    GemmArgs g = p.args(kernels);
    g.bias = p.bias.data();
    Guarded c = p.run(kernels.gemm_i8, g);
    for (int64_t i = 0; i < p.m; ++i) {
      for (int64_t j = 0; j < p.n; ++j) {
        CHECK(std::isnan(c[i * p.ldc + j]) == (i == 3));
        if (i == 5) CHECK(c[i * p.ldc + j] == p.bias[j]);
      }
    }
  });
}

}  // namespace
}  // namespace vectral::test
