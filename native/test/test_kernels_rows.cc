// Normalisations, softmax and column reductions against float64, at every length, with row steps and special values.
#include <algorithm>
#include <functional>

#include "kernel_support.h"

namespace vectral::test {
namespace {

constexpr int64_t kRows = 3;

// x with `cols` used columns in rows `ld` apart; the gaps hold NaN, so that reading one shows.
std::vector<float> rows_with_gaps(Numbers& numbers, int64_t cols, int64_t ld, float shift) {
  std::vector<float> x(static_cast<size_t>(kRows * ld), kNaN);
  for (int64_t r = 0; r < kRows; ++r) {
    for (int64_t c = 0; c < cols; ++c) x[r * ld + c] = numbers.normal() + shift;
  }
  return x;
}

using Row64 = std::vector<double>;
using RowReference = std::function<Row64(const Row64& x)>;
using RowKernel = std::function<void(const float* x, int64_t ldx, float* y, int64_t ldy, int64_t rows, int64_t cols)>;

// Runs a row-wise kernel out of place with odd steps and in place, and compares with the reference.
void check_rows(const RowKernel& kernel, const RowReference& reference, float shift, double tolerance) {
  Numbers numbers(7);
  for (int64_t cols : lengths()) {
    CAPTURE(cols);
    const int64_t ldx = cols + 5, ldy = cols + 3;
    Guarded x(rows_with_gaps(numbers, cols, ldx, shift), 1);
    Guarded y(std::vector<float>(static_cast<size_t>(kRows * ldy), Guarded::kGuard), 3);
    kernel(x.data(), ldx, y.data(), ldy, kRows, cols);
    Guarded in_place = x;
    kernel(in_place.data(), ldx, in_place.data(), ldx, kRows, cols);
    for (int64_t r = 0; r < kRows; ++r) {
      Row64 row(x.data() + r * ldx, x.data() + r * ldx + cols);
      const Row64 expected = reference(row);
      double worst = 0;
      bool same = true, gap_kept = true;
      for (int64_t c = 0; c < cols; ++c) {
        worst = std::max(worst, std::abs(y[r * ldy + c] - expected[c]) / (1 + std::abs(expected[c])));
        same = same && same_bits(y[r * ldy + c], in_place[r * ldx + c]);
      }
      for (int64_t c = cols; c < ldy; ++c) gap_kept = gap_kept && y[r * ldy + c] == Guarded::kGuard;
      CHECK(worst <= tolerance);
      CHECK(same);
      CHECK(gap_kept);
    }
    CHECK(y.guards_hold());
  }
}

double mean_of(const Row64& x) {
  double sum = 0;
  for (double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}
double mean_square(const Row64& x, double centre) {
  double sum = 0;
  for (double v : x) sum += (v - centre) * (v - centre);
  return sum / static_cast<double>(x.size());
}

// 2e-6: sums of up to 131 terms in float32, each result a handful of roundings of values up to about 4.
TEST_CASE("layerNorm") {
  const std::vector<float> gamma = Numbers(3).normals(131), beta = Numbers(4).normals(131);
  on_every_isa([&](const KernelTable& k) {
    const RowKernel kernel = [&](const float* x, int64_t ldx, float* y, int64_t ldy, int64_t rows, int64_t cols) {
      k.layer_norm(x, ldx, gamma.data(), beta.data(), 1e-12f, y, ldy, rows, cols);
    };
    const auto reference = [&](double eps) {
      return [&, eps](const Row64& x) {
        const double mean = mean_of(x), sd = std::sqrt(mean_square(x, mean) + eps);
        Row64 y(x.size());
        for (size_t i = 0; i < x.size(); ++i) y[i] = (x[i] - mean) / sd * gamma[i] + beta[i];
        return y;
      };
    };
    check_rows(kernel, reference(1e-12f), 0, 2e-6);
    // A mean 300 times the spread: a one-pass variance would lose 5 digits here. The inputs' own rounding of the mean
    // (3e-5 absolute) is what remains, and it can be a large part of a short row's spread.
    const RowKernel with_eps = [&](const float* x, int64_t ldx, float* y, int64_t ldy, int64_t rows, int64_t cols) {
      k.layer_norm(x, ldx, gamma.data(), beta.data(), 0.1f, y, ldy, rows, cols);
    };
    check_rows(with_eps, reference(0.1f), 300, 3e-4);
  });
}

TEST_CASE("rmsNorm") {
  const std::vector<float> gamma = Numbers(3).normals(131);
  on_every_isa([&](const KernelTable& k) {
    check_rows([&](const float* x, int64_t ldx, float* y, int64_t ldy, int64_t rows,
                   int64_t cols) { k.rms_norm(x, ldx, gamma.data(), 1e-6f, y, ldy, rows, cols); },
               [&](const Row64& x) {
                 const double root = std::sqrt(mean_square(x, 0) + 1e-6f);
                 Row64 y(x.size());
                 for (size_t i = 0; i < x.size(); ++i) y[i] = x[i] / root * gamma[i];
                 return y;
               },
               0.5f, 1e-6);
  });
}

TEST_CASE("l2Normalize, and eps as the least norm") {
  on_every_isa([&](const KernelTable& k) {
    check_rows([&](const float* x, int64_t ldx, float* y, int64_t ldy, int64_t rows,
                   int64_t cols) { k.l2_normalize(x, ldx, 1e-12f, y, ldy, rows, cols); },
               [&](const Row64& x) {
                 const double norm = std::sqrt(mean_square(x, 0) * static_cast<double>(x.size()));
                 Row64 y(x);
                 for (double& v : y) v /= norm;
                 return y;
               },
               0, 1e-6);
    float zeros[5] = {}, tiny[5] = {1e-3f, 0, 0, 0, 0}, nan[5] = {1, kNaN, 1, 1, 1};
    k.l2_normalize(zeros, 5, 1e-12f, zeros, 5, 1, 5);
    for (float v : zeros) CHECK(v == 0);
    k.l2_normalize(tiny, 5, 0.5f, tiny, 5, 1, 5);
    CHECK(tiny[0] == doctest::Approx(2e-3));
    k.l2_normalize(nan, 5, 0.5f, nan, 5, 1, 5);
    for (float v : nan) CHECK(std::isnan(v));
  });
}

Row64 softmax64(const Row64& x) {
  Row64 y(x);
  const double largest = x.empty() ? 0 : *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (double& v : y) sum += v = std::exp(v - largest);
  for (double& v : y) v /= sum;
  return y;
}

TEST_CASE("softmax") {
  on_every_isa([&](const KernelTable& k) {
    for (float shift : {0.0f, 80.0f, -1000.0f}) {
      check_rows([&](const float* x, int64_t ldx, float* y, int64_t ldy, int64_t rows,
                     int64_t cols) { k.softmax(x, ldx, y, ldy, rows, cols); },
                 softmax64, shift, 1e-6);
    }
  });
}

TEST_CASE("softmax of masked, infinite and NaN rows") {
  on_every_isa([&](const KernelTable& k) {
    for (int64_t n = 1; n <= 40; ++n) {
      CAPTURE(n);
      std::vector<float> masked(n, -kInf), one(n, -kInf), poisoned(n, -kInf), infinite(n, 1.0f);
      one[n / 2] = -3.0f;
      poisoned[0] = kNaN;  // followed by -inf, which a careless maximum would keep instead
      infinite[n - 1] = kInf;
      for (auto* row : {&masked, &one, &poisoned, &infinite}) k.softmax(row->data(), n, row->data(), n, 1, n);
      for (int64_t i = 0; i < n; ++i) {
        CHECK(masked[i] == 0);
        CHECK(one[i] == (i == n / 2 ? 1.0f : 0.0f));
        CHECK(std::isnan(poisoned[i]));
      }
      CHECK(std::isnan(infinite[n - 1]));
    }
  });
}

TEST_CASE("column reductions: sum, maximum, sum by position") {
  on_every_isa([&](const KernelTable& k) {
    Numbers numbers(9);
    for (int64_t cols : lengths()) {
      for (int64_t rows : {0, 1, 2, 7}) {
        CAPTURE(cols);
        CAPTURE(rows);
        const int64_t ld = cols + 3;
        Guarded x(numbers.normals(rows * ld), 1), sum(cols, 1), largest(cols, 2), weighted(cols, 3);
        k.sum_rows(x.data(), ld, rows, cols, sum.data());
        k.max_rows(x.data(), ld, rows, cols, largest.data());
        k.position_sum_rows(x.data(), ld, 3, rows, cols, weighted.data());
        for (int64_t c = 0; c < cols; ++c) {
          double s = 0, m = -INFINITY, w = 0;
          for (int64_t r = 0; r < rows; ++r) {
            const double v = x[r * ld + c];
            s += v;
            m = std::max(m, v);
            w += static_cast<double>(3 + r) * v;
          }
          CHECK(std::abs(sum[c] - s) <= 2e-6);
          CHECK(largest[c] == m);
          CHECK(std::abs(weighted[c] - w) <= 2e-5);
        }
        CHECK((sum.guards_hold() && largest.guards_hold() && weighted.guards_hold()));
      }
    }
  });
}

TEST_CASE("maxRows keeps a NaN whatever follows it") {
  on_every_isa([&](const KernelTable& k) {
    for (int64_t cols : lengths()) {
      std::vector<float> x(static_cast<size_t>(3 * cols), 1.0f), y(static_cast<size_t>(cols));
      for (int64_t c = 0; c < cols; ++c) x[(c % 3) * cols + c] = kNaN;
      k.max_rows(x.data(), cols, 3, cols, y.data());
      for (float v : y) CHECK(std::isnan(v));
    }
  });
}

TEST_CASE("a row's bits do not depend on the rows beside it") {
  on_every_isa([&](const KernelTable& k) {
    const int64_t cols = 77;
    const std::vector<float> x = Numbers(5).normals(4 * cols), gamma = Numbers(6).normals(cols);
    std::vector<float> together(x.size()), alone(x.size());
    k.layer_norm(x.data(), cols, gamma.data(), gamma.data(), 1e-5f, together.data(), cols, 4, cols);
    for (int64_t r = 0; r < 4; ++r) {
      k.layer_norm(&x[r * cols], cols, gamma.data(), gamma.data(), 1e-5f, &alone[r * cols], cols, 1, cols);
    }
    CHECK(std::memcmp(together.data(), alone.data(), x.size() * 4) == 0);
    k.softmax(x.data(), cols, together.data(), cols, 4, cols);
    for (int64_t r = 0; r < 4; ++r) k.softmax(&x[r * cols], cols, &alone[r * cols], cols, 1, cols);
    CHECK(std::memcmp(together.data(), alone.data(), x.size() * 4) == 0);
  });
}

}  // namespace
}  // namespace vectral::test
