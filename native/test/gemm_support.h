// A float64 twin of the epilogue, and matrices for the tests of gemm_bf16 and gemm_i8.
#pragma once

#include <algorithm>

#include "../core/half.h"
#include "emulated_amx.h"
#include "kernel_support.h"

namespace vectral::test {

inline const Activation kActivations[] = {Activation::none, Activation::gelu, Activation::gelu_tanh, Activation::relu,
                                          Activation::silu, Activation::tanh, Activation::sigmoid};

inline double activation64(Activation f, double x) {
  switch (f) {
    case Activation::gelu:
      return 0.5 * x * std::erfc(-x / std::sqrt(2.0));
    case Activation::gelu_tanh:
      return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
    case Activation::relu:
      return std::max(x, 0.0);
    case Activation::silu:
      return x / (1 + std::exp(-x));
    case Activation::tanh:
      return std::tanh(x);
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-x));
    default:
      return x;
  }
}

// What gelu(x) of gemm_bf16 and gemm_i8 may be off: their operands were rounded to 8 bits (gelu_coarse in math.inl.h).
inline double coarse_error(Activation f, double x) { return f == Activation::gelu ? 6e-5 + 1e-6 * std::abs(x) : 0; }

inline int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

using Kernel = void (*)(const GemmArgs&);

// What both have in common: operands already quantised, with odd steps, and the epilogue's vectors.
template <typename A, typename W>
struct Quantised {
  Quantised(int64_t m, int64_t n, int64_t k, int64_t group, uint32_t seed)
      : m(m),
        n(n),
        k(k),
        lda(round_up(k, group) + 3),
        ldc(n + 5),
        ldr(n + 2),
        numbers(seed),
        a(static_cast<size_t>(m * lda)),
        weights(static_cast<size_t>(n * k)),
        bias(numbers.normals(n), 3),
        residual(numbers.normals(m * ldr), 1) {}

  GemmArgs args(const KernelTable& kernels, Arithmetic arithmetic, DType dtype) {
    PackedView view;
    view.layout = kernels.gemm_layout(arithmetic, dtype, n);
    view.n = n;
    view.k = k;
    packed.assign(static_cast<size_t>(packed_bytes(view.layout, n, k)), 0x7F);
    pack_panels(view.layout, weights.data(), k, 1, n, k, 0, view.panels(), packed.data());
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

  Guarded run(Kernel kernel, GemmArgs g) const {
    Guarded c(std::vector<float>(static_cast<size_t>(m * ldc), Guarded::kGuard), 1);
    g.c = c.data();
    kernel(g);
    return c;
  }

  bool gaps_hold(Guarded& c) const {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = n; j < ldc; ++j) {
        if (c[i * ldc + j] != Guarded::kGuard) return false;
      }
    }
    return c.guards_hold();
  }

  // Runs `g` in pieces of every few sizes; each must equal the whole, bit by bit.
  void check_cuts(Kernel kernel, const GemmArgs& g) const {
    Guarded whole = run(kernel, g);
    for (int64_t rows : {1, 2, 3, 5, 8, 13}) {
      for (int64_t panels : {1, 2}) {
        CAPTURE(rows);
        CAPTURE(panels);
        Guarded cut(std::vector<float>(static_cast<size_t>(m * ldc), Guarded::kGuard), 1);
        GemmArgs part = g;
        part.c = cut.data();
        for (part.row_begin = 0; part.row_begin < m; part.row_begin += rows) {
          for (int64_t q = 0; q < g.panel_end; q += panels) {
            part.row_end = std::min(part.row_begin + rows, m);
            part.panel_begin = q;
            part.panel_end = std::min(q + panels, g.panel_end);
            kernel(part);
          }
        }
        CHECK(std::memcmp(cut.data(), whole.data(), static_cast<size_t>(m * ldc) * 4) == 0);
      }
    }
  }

  int64_t m, n, k, lda, ldc, ldr;
  Numbers numbers;
  std::vector<A> a;
  std::vector<W> weights;
  Guarded bias, residual;
  std::vector<char> packed;
};

}  // namespace vectral::test
