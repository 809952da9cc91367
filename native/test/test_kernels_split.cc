// f32 in bf16 parts: the parts of x on every instruction set, and whole linear layers on emulated tile registers.
#include <algorithm>

#include "emulated_amx.h"
#include "gemm_support.h"
#include "program_support.h"

namespace vectral::test {
namespace {

TEST_CASE("split_bf16_rows: three parts whose sum is x, each the nearest bf16 to what is left") {
  on_every_tested_isa([](const KernelTable& kernels) {
    Numbers numbers(1);
    for (const int64_t k : lengths()) {
      CAPTURE(k);
      const int64_t rows = 3, ldx = k + 3, part = round_up(k, 2) + 4, ldq = 3 * part;
      std::vector<float> x(static_cast<size_t>(rows * ldx), kNaN);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < k; ++i) x[r * ldx + i] = std::ldexp(numbers.normal(), static_cast<int>(i % 40) - 20);
      }
      std::vector<BF16> q(static_cast<size_t>(rows * ldq), BF16{0x1234});
      kernels.split_bf16_rows(x.data(), ldx, rows, k, q.data(), ldq);
      bool right = true;
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t i = 0; i < part; ++i) {
          double rest = i < k ? x[r * ldx + i] : 0;
          for (int p = 0; p < 3; ++p) {
            const BF16 got = q[r * ldq + p * part + i];
            const BF16 pad{static_cast<uint16_t>(i < round_up(k, 2) ? 0 : 0x1234)};
            right = right && got.bits == (i < k ? narrow_bf16(static_cast<float>(rest)) : pad).bits;
            rest -= widen(got);
          }
          right = right && (i >= k || rest == 0);
        }
      }
      CHECK(right);
    }
  });
}

// What is not finite in x or w must not look finite in y, and stays in its row or column.
TEST_CASE("linear in parts: NaN and infinities stay in their rows and columns") {
  const IsaChoice isa{"amx_split, emulated", &emulated_amx_split()};
  const int64_t m = 5, n = 40, k = 9;
  Tensor x = random({m, k}, 1), w = random({n, k}, 2);
  static_cast<float*>(x.storage->data())[2 * k] = kInf;
  static_cast<float*>(w.storage->data())[33 * k + 8] = kNaN;
  EagerCall call = call_of("linear", {x}, {m, n});
  call.weights = {{w, {}}};
  const std::vector<float> y = run_op(call, isa);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) CHECK(std::isfinite(y[i * n + j]) == (i != 2 && j != 33));
  }
}

// A chain of f32 comes to 3.5e-7 of the result's size at k = 384; with any of the products left out the parts come to
// 1e-6 and more.
TEST_CASE("linear in parts: nearer to the true product than a chain of f32, for every type of weight") {
  const int64_t m = 50, n = 70, k = 390;
  const Tensor x = random({m, k}, 1);
  Tensor plain = random({n, k}, 2);
  const std::vector<float> in = values_of(x);
  for (const DType dtype : {DType::f32, DType::f16, DType::bf16}) {
    CAPTURE(dtype_name(dtype));
    Tensor w = plain;
    std::vector<float> exact = values_of(plain);
    if (dtype != DType::f32) {
      std::vector<uint16_t> half(exact.size());
      const KernelTable& scalar = *runnable_isas().front().kernels;
      scalar.from_f32(dtype, exact.data(), half.data(), n * k);
      scalar.to_f32(dtype, half.data(), exact.data(), n * k);
      w = tensor(dtype, {n, k}, half);
    }
    EagerCall call = call_of("linear", {x}, {m, n});
    call.weights = {{w, {}}};
    const IsaChoice isa{"amx_split, emulated", &emulated_amx_split()};
    const std::vector<float> y = run_op(call, isa);
    double error = 0, size = 0;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double truth = 0;
        for (int64_t l = 0; l < k; ++l) truth += static_cast<double>(in[i * k + l]) * exact[j * k + l];
        error += (y[i * n + j] - truth) * (y[i * n + j] - truth);
        size += truth * truth;
      }
    }
    CHECK(std::sqrt(error / size) < 3e-7);

    // A row alone has the bits it has in the batch.
    for (const int64_t row : {0, 31, 49}) {
      const Tensor one = floats({1, k}, {in.begin() + row * k, in.begin() + (row + 1) * k});
      EagerCall alone = call_of("linear", {one}, {1, n});
      alone.weights = call.weights;
      const std::vector<float> got = run_op(alone, isa);
      CHECK(std::memcmp(got.data(), y.data() + row * n, static_cast<size_t>(n) * 4) == 0);
    }
  }
}

}  // namespace
}  // namespace vectral::test
