// C = activation(A W^T + bias) + residual against float64, and the promise that a row's bits depend on nothing but it.
#include "gemm_support.h"

namespace vectral::test {
namespace {

// One problem with odd steps everywhere. Weights are made of values that f16 and bf16 hold exactly, so that the three
// dtypes are the same matrix.
struct Problem {
  Problem(int64_t m, int64_t n, int64_t k, uint32_t seed)
      : m(m),
        n(n),
        k(k),
        lda(k + 3),
        ldc(n + 5),
        ldr(n + 2),
        numbers(seed),
        a(numbers.normals(m * lda), 1),
        bias(numbers.normals(n), 3),
        residual(numbers.normals(m * ldr), 1) {
    weights = numbers.normals(n * k);
    for (float& w : weights) w = widen(narrow_bf16(std::clamp(w, -4.0f, 4.0f) + (w < 0 ? -0.01f : 0.01f)));
  }

  // Packs the weights as `dtype` and points args at everything.
  GemmArgs args(const KernelTable& kernels, DType dtype) {
    std::vector<char> source(static_cast<size_t>(n * k * dtype_bytes(dtype)));
    kernels.from_f32(dtype, weights.data(), source.data(), n * k);
    PackedView view;
    view.layout = kernels.gemm_layout(Arithmetic::f32, dtype, n);
    view.n = n;
    view.k = k;
    packed.assign(static_cast<size_t>(packed_bytes(view.layout, n, k)), 0x7F);
    pack_panels(view.layout, source.data(), k, 1, n, k, 0, view.panels(), packed.data());
    view.data = packed.data();
    GemmArgs g;
    g.a = a.data();
    g.lda = lda;
    g.w = view;
    g.ldc = ldc;
    g.ldr = ldr;
    g.row_end = m;
    g.panel_end = view.panels();
    return g;
  }

  Guarded run(const KernelTable& kernels, GemmArgs g) {
    Guarded c(std::vector<float>(static_cast<size_t>(m * ldc), Guarded::kGuard), 1);
    g.c = c.data();
    kernels.gemm(g);
    return c;
  }

  // The worst error over the bound of a float32 chain: (k + 8) half-ulps of the sum of magnitudes, widened by the
  // activations' slope (at most 1.13) and their own 1e-6.
  double error_over_bound(const GemmArgs& g, Guarded& c) {
    double worst = 0;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = g.bias ? g.bias[j] : 0, magnitude = std::abs(sum);
        for (int64_t l = 0; l < k; ++l) {
          const double term = static_cast<double>(a[i * lda + l]) * weights[j * k + l];
          sum += term;
          magnitude += std::abs(term);
        }
        const double r = g.residual ? g.residual[i * g.ldr + j] : 0;
        const double truth = activation64(g.activation, sum) + r;
        const double bound = 1.2 * static_cast<double>(k + 8) * 0x1p-24 * magnitude + 1e-6 * (1 + std::abs(truth));
        const double error = std::abs(c[i * ldc + j] - truth) / bound;
        if (!(error <= worst)) worst = error;
      }
    }
    return worst;
  }

  bool gaps_hold(Guarded& c) const {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = n; j < ldc; ++j) {
        if (c[i * ldc + j] != Guarded::kGuard) return false;
      }
    }
    return c.guards_hold();
  }

  int64_t m, n, k, lda, ldc, ldr;
  Numbers numbers;
  Guarded a, bias, residual;
  std::vector<float> weights;
  std::vector<char> packed;
};

bool equal(Guarded& x, Guarded& y, int64_t n) {
  return std::memcmp(x.data(), y.data(), static_cast<size_t>(n) * 4) == 0;
}

TEST_CASE("every row count, odd k and n, all three weight types, against float64") {
  on_every_isa([](const KernelTable& kernels) {
    for (int64_t n : {1, 5, 16, 17, 31, 33, 48, 49, 100}) {
      for (int64_t k : {0, 1, 7, 33, 96}) {
        for (int64_t m = 0; m <= 17; ++m) {
          CAPTURE(m);
          CAPTURE(n);
          CAPTURE(k);
          Problem p(m, n, k, static_cast<uint32_t>(m + 100 * n + 10000 * k));
          GemmArgs g = p.args(kernels, DType::f32);
          g.bias = p.bias.data();
          Guarded f32 = p.run(kernels, g);
          CHECK(p.error_over_bound(g, f32) <= 1);
          CHECK(p.gaps_hold(f32));
          for (DType dtype : {DType::f16, DType::bf16}) {
            CAPTURE(dtype_name(dtype));
            GemmArgs h = p.args(kernels, dtype);
            h.bias = p.bias.data();
            Guarded c = p.run(kernels, h);
            CHECK(equal(c, f32, m * p.ldc));
          }
        }
      }
    }
  });
}

// More rows than have their sums held at once, and k in one block and in several: 16-bit weights are widened there.
TEST_CASE("many rows and long k, all three weight types, against float64") {
  on_every_isa([](const KernelTable& kernels) {
    for (int64_t k : {255, 300, 521}) {
      for (DType dtype : {DType::f32, DType::f16, DType::bf16}) {
        CAPTURE(k);
        CAPTURE(dtype_name(dtype));
        Problem p(150, 50, k, static_cast<uint32_t>(k));
        GemmArgs g = p.args(kernels, dtype);
        g.bias = p.bias.data();
        g.residual = p.residual.data();
        Guarded c = p.run(kernels, g);
        CHECK(p.gaps_hold(c));
        if (dtype == DType::f32) CHECK(p.error_over_bound(g, c) <= 1);
        // A few rows at a time are multiplied by weights widened as they are loaded.
        Guarded cut(std::vector<float>(static_cast<size_t>(p.m * p.ldc), Guarded::kGuard), 1);
        g.c = cut.data();
        for (g.row_begin = 0; g.row_begin < p.m; g.row_begin += 3) {
          g.row_end = g.row_begin + 3;
          kernels.gemm(g);
        }
        CHECK(equal(c, cut, p.m * p.ldc));
      }
    }
  });
}

TEST_CASE("bias, residual and activation in every combination") {
  on_every_isa([](const KernelTable& kernels) {
    for (int64_t n : {3, 32, 50}) {
      Problem p(7, n, 20, 5);
      for (Activation f : kActivations) {
        for (int mask = 0; mask < 4; ++mask) {
          CAPTURE(n);
          CAPTURE(static_cast<int>(f));
          CAPTURE(mask);
          GemmArgs g = p.args(kernels, DType::f32);
          g.activation = f;
          if (mask & 1) g.bias = p.bias.data();
          if (mask & 2) g.residual = p.residual.data();
          Guarded c = p.run(kernels, g);
          CHECK(p.error_over_bound(g, c) <= 1);
          CHECK(p.gaps_hold(c));
        }
      }
    }
  });
}

TEST_CASE("the residual may be C") {
  on_every_isa([](const KernelTable& kernels) {
    Problem p(9, 37, 20, 6);
    GemmArgs g = p.args(kernels, DType::f32);
    g.residual = p.residual.data();
    Guarded apart = p.run(kernels, g);
    Guarded in_place = p.residual;
    g.residual = in_place.data();
    g.c = in_place.data();
    g.ldc = p.ldr;
    kernels.gemm(g);
    for (int64_t i = 0; i < p.m; ++i) CHECK(std::memcmp(&in_place[i * p.ldr], &apart[i * p.ldc], 37 * 4) == 0);
  });
}

TEST_CASE("rows and panels may be cut anywhere without changing a bit") {
  on_every_isa([](const KernelTable& kernels) {
    for (DType dtype : {DType::f32, DType::f16, DType::bf16}) {
      CAPTURE(dtype_name(dtype));
      Problem p(29, 150, 67, 8);
      GemmArgs g = p.args(kernels, dtype);
      g.bias = p.bias.data();
      g.residual = p.residual.data();
      g.activation = Activation::gelu;
      Guarded whole = p.run(kernels, g);
      for (int64_t rows : {1, 2, 3, 5, 8, 13}) {
        for (int64_t panels : {1, 2}) {
          Guarded cut(std::vector<float>(static_cast<size_t>(p.m * p.ldc), Guarded::kGuard), 1);
          GemmArgs part = g;
          part.c = cut.data();
          for (int64_t r = 0; r < p.m; r += rows) {
            for (int64_t q = 0; q < g.panel_end; q += panels) {
              part.row_begin = r;
              part.row_end = std::min(r + rows, p.m);
              part.panel_begin = q;
              part.panel_end = std::min(q + panels, g.panel_end);
              kernels.gemm(part);
            }
          }
          CHECK(equal(cut, whole, p.m * p.ldc));
        }
      }
    }
  });
}

TEST_CASE("more rows than one block of A") {
  on_every_isa([](const KernelTable& kernels) {
    Problem p(150, 20, 1000, 12);
    GemmArgs g = p.args(kernels, DType::f32);
    Guarded c = p.run(kernels, g);
    CHECK(p.error_over_bound(g, c) <= 1);
    CHECK(p.gaps_hold(c));
  });
}

TEST_CASE("NaN and infinity reach exactly the rows and columns they belong to") {
  on_every_isa([](const KernelTable& kernels) {
    Problem p(11, 50, 9, 13);
    p.a[4 * p.lda + 8] = kNaN;
    p.weights[20 * 9] = kInf;
    GemmArgs g = p.args(kernels, DType::f32);
    Guarded c = p.run(kernels, g);
    for (int64_t i = 0; i < p.m; ++i) {
      for (int64_t j = 0; j < p.n; ++j) {
        const float v = c[i * p.ldc + j];
        CHECK(std::isnan(v) == (i == 4));
        if (i != 4) CHECK(std::isinf(v) == (j == 20));
      }
    }
  });
}

TEST_CASE("the layout's panel covers narrow matrices without waste") {
  for (const IsaChoice& isa : tested_isas()) {
    CAPTURE(isa.name);
    const KernelTable& kernels = *isa.kernels;
    const bool tiles = isa.name.rfind("amx", 0) == 0;
    for (int64_t n = 1; n <= 400; ++n) {
      const PackLayout layout = kernels.gemm_layout(Arithmetic::f32, DType::f16, n);
      CHECK(layout.dtype == DType::f16);
      CHECK((layout.interleave == 1 && layout.block == 0));
      const int64_t widest = kernels.gemm_layout(Arithmetic::f32, DType::f16, 1 << 20).panel;
      CHECK(layout.panel <= widest);
      CHECK((n + layout.panel - 1) / layout.panel * layout.panel < n + widest);
      // Tile registers have one width; vectors the same for every arithmetic.
      const int32_t panel = tiles ? 32 : layout.panel;
      CHECK(kernels.gemm_layout(Arithmetic::bf16, DType::bf16, n) == PackLayout{DType::bf16, panel, 2, 0});
      CHECK(kernels.gemm_layout(Arithmetic::i8, DType::i8, n) == PackLayout{DType::i8, panel, 4, 0});
    }
  }
}

}  // namespace
}  // namespace vectral::test
