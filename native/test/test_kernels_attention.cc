// Attention over one head against float64: lengths around vectors, tiles and key blocks, head widths, bias, causal,
// row steps, special values; and the same bits however the rows are cut.
#include <algorithm>

#include "emulated_amx.h"
#include "kernel_support.h"

namespace vectral::test {
namespace {

// A head with odd row steps; the gaps hold NaN, so that reading one shows.
struct Head {
  Head(int64_t length, int64_t width, bool causal, bool biased, uint32_t seed = 11) : numbers(seed) {
    args.length = length;
    args.width = width;
    args.causal = causal;
    args.scale = 1.0f / std::sqrt(static_cast<float>(width));
    args.ldq = width + 3;
    args.ldk = width + 5;
    args.ldv = width + 1;
    args.ldo = width + 7;
    args.ldb = length + 2;
    q = rows(args.ldq, width);
    k = rows(args.ldk, width);
    v = rows(args.ldv, width);
    if (biased) bias = rows(args.ldb, length);
  }

  std::vector<float> rows(int64_t step, int64_t columns) {
    std::vector<float> x(static_cast<size_t>(args.length * step), kNaN);
    for (int64_t r = 0; r < args.length; ++r) {
      for (int64_t c = 0; c < columns; ++c) x[r * step + c] = numbers.normal();
    }
    return x;
  }

  // Rows in pieces of `piece`, into rows of `ldo` whose gaps must stay as they are. `half`: by attention_bf16.
  std::vector<float> run(const KernelTable& kernels, int64_t piece, bool half = false) const {
    AttentionArgs a = args;
    const auto size = half ? kernels.attention_bf16_scratch : kernels.attention_scratch;
    const auto pack = half ? kernels.attention_bf16_pack : kernels.attention_pack;
    const auto attend = half ? kernels.attention_bf16 : kernels.attention;
    Guarded scratch(std::vector<float>(static_cast<size_t>(size(a.length, a.width)), kNaN), 0);
    Guarded out(std::vector<float>(static_cast<size_t>(a.length * a.ldo), Guarded::kGuard), 1);
    a.q = q.data();
    a.k = k.data();
    a.v = v.data();
    a.bias = bias.empty() ? nullptr : bias.data();
    a.out = out.data();
    a.scratch = scratch.data();
    pack(a);
    for (a.row_begin = 0; a.row_begin < a.length; a.row_begin = a.row_end) {
      a.row_end = std::min(a.row_begin + piece, a.length);
      attend(a);
    }
    CHECK(scratch.guards_hold());
    CHECK(out.guards_hold());
    std::vector<float> y;
    bool gaps_kept = true;
    for (int64_t r = 0; r < a.length; ++r) {
      for (int64_t c = 0; c < a.ldo; ++c) {
        if (c < a.width) y.push_back(out[r * a.ldo + c]);
        if (c >= a.width) gaps_kept = gaps_kept && out[r * a.ldo + c] == Guarded::kGuard;
      }
    }
    CHECK(gaps_kept);
    return y;
  }

  // Row i in float64.
  std::vector<double> expected(int64_t i) const {
    const int64_t seen = args.causal ? i + 1 : args.length;
    std::vector<double> p(static_cast<size_t>(seen)), y(static_cast<size_t>(args.width));
    double most = -INFINITY, total = 0;
    for (int64_t j = 0; j < seen; ++j) {
      for (int64_t c = 0; c < args.width; ++c) p[j] += static_cast<double>(q[i * args.ldq + c]) * k[j * args.ldk + c];
      p[j] = p[j] * args.scale + (bias.empty() ? 0.0 : bias[i * args.ldb + j]);
      most = std::max(most, p[j]);
    }
    for (double& x : p) total += x = std::isinf(x) ? 0 : std::exp(x - most);
    for (int64_t j = 0; j < seen && total > 0; ++j) {
      for (int64_t c = 0; c < args.width; ++c) y[c] += p[j] / total * v[j * args.ldv + c];
    }
    return y;
  }

  // Once, for all ISAs: what q, k, v and bias hold must not change between calls.
  void work_out_rows() const {
    for (int64_t i = std::ssize(expected_rows); i < args.length; ++i) expected_rows.push_back(expected(i));
  }

  double worst(const std::vector<float>& y) const {
    double worst = 0;
    work_out_rows();
    for (int64_t i = 0; i < args.length; ++i) {
      const std::vector<double>& row = expected_rows[i];
      for (int64_t c = 0; c < args.width; ++c) {
        const double difference = std::abs(y[i * args.width + c] - row[c]);
        worst = difference <= worst ? worst : difference;  // a NaN becomes the worst
      }
    }
    return worst;
  }

  // The largest error as a part of what rounding q, k, v and the weights to bf16 can do: each to 2^-9 relative, so
  // scores by the sum of their terms' errors, which shift weight between values. Twice that, and f32 rounding.
  double worst_half(const std::vector<float>& y) const {
    double worst = 0;
    work_out_rows();
    for (int64_t i = std::ssize(half_bounds); i < args.length; ++i) half_bounds.push_back(half_bound(i));
    for (int64_t i = 0; i < args.length; ++i) {
      for (int64_t c = 0; c < args.width; ++c) {
        const double part = std::abs(y[i * args.width + c] - expected_rows[i][c]) / half_bounds[i][c];
        worst = part <= worst ? worst : part;
      }
    }
    return worst;
  }

  std::vector<double> half_bound(int64_t i) const {
    const std::vector<double>& row = expected_rows[i];
    std::vector<double> score(static_cast<size_t>(args.length)), shift(score.size()), bounds(row.size(), 1e-5);
    double most = -INFINITY, total = 0;
    for (int64_t j = 0; j < args.length; ++j) {
      for (int64_t c = 0; c < args.width; ++c) {
        const double term = static_cast<double>(q[i * args.ldq + c]) * k[j * args.ldk + c] * args.scale;
        score[j] += term;
        shift[j] += std::abs(term);
      }
      score[j] += bias.empty() ? 0.0 : bias[i * args.ldb + j];
      most = std::max(most, score[j]);
    }
    for (double& s : score) total += s = std::exp(s - most);
    for (int64_t j = 0; j < args.length; ++j) {
      for (int64_t c = 0; c < args.width; ++c) {
        const double value = v[j * args.ldv + c], weight = score[j] / total;
        bounds[c] += weight * (0x1p-8 * std::abs(value) + std::abs(value - row[c]) * 0x1p-7 * (shift[j] + 1));
      }
    }
    return bounds;
  }

  AttentionArgs args;
  std::vector<float> q, k, v, bias;
  mutable std::vector<std::vector<double>> expected_rows, half_bounds;
  Numbers numbers;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// Values are normal, so up to about 4.5. Scores are up to about 6 and carry a few roundings of that size, which exp
// passes on as relative error: about 1e-6 each, less after averaging.
constexpr double kTolerance = 4e-6;

}  // namespace

TEST_CASE("attention: every length to 70 and long ones, every kind of width") {
  std::vector<int64_t> lengths{128, 200, 513};
  for (int64_t n = 1; n <= 70; ++n) lengths.push_back(n);
  for (const int64_t length : lengths) {
    CAPTURE(length);
    for (const int64_t width : {1, 5, 16, 32, 33, 64}) {
      if (length > 128 && width < 32) continue;
      if (length < 70 && length % 9 > 1 && width != 5 && width != 33)
        continue;  // widths and lengths do not meet in the code
      CAPTURE(width);
      // Every length with plain and with causal biased attention; the two mixed kinds where lengths are few.
      for (const int kind : {0, 3, 1, 2}) {
        if ((kind == 1 || kind == 2) && length % 23 != 0 && length < 70) continue;
        const bool causal = kind & 1, biased = kind & 2;
        CAPTURE(causal);
        CAPTURE(biased);
        const Head head(length, width, causal, biased);
        on_every_isa([&](const KernelTable& kernels) { CHECK(head.worst(head.run(kernels, length)) <= kTolerance); });
      }
    }
  }
}

TEST_CASE("attention: the same bits however the rows are cut") {
  on_every_isa([](const KernelTable& kernels) {
    for (const int64_t length : {9, 70, 513, 1100}) {
      for (const int64_t width : {32, 33}) {
        if (length > 513 && width != 33) continue;
        for (const bool causal : {false, true}) {
          CAPTURE(length);
          CAPTURE(width);
          CAPTURE(causal);
          const Head head(length, width, causal, length == 70);
          const std::vector<float> whole = head.run(kernels, length);
          for (const int64_t piece : {1, 5, 8, 64}) {
            if (piece < (length > 513 ? 64 : length > 70 ? 5 : 1)) continue;
            CHECK(same_bits(head.run(kernels, piece), whole));
          }
        }
      }
    }
  });
}

// 1100 keys are three blocks or more on every ISA: the largest score may come in any of them.
TEST_CASE("attention: the largest score in any block of keys, and scores that differ by hundreds") {
  for (const int64_t peak : {0, 500, 1099}) {
    CAPTURE(peak);
    Head head(1100, 16, false, true);
    for (int64_t i = 0; i < 1100; ++i) {
      for (int64_t j = 0; j < 1100; ++j) head.bias[i * head.args.ldb + j] = static_cast<float>(j % 7) * -60.0f;
      head.bias[i * head.args.ldb + peak] = i % 2 == 0 ? 300.0f : 2.0f;
    }
    on_every_isa([&](const KernelTable& kernels) {
      CHECK(head.worst(head.run(kernels, 64)) <= 2e-5);  // scores near 300 are themselves rounded to 3e-5
    });
  }
}

TEST_CASE("attention: rows that see only -inf give zeros, also in some blocks only") {
  on_every_isa([](const KernelTable& kernels) {
    for (const int64_t length : {3, 40, 1100}) {
      CAPTURE(length);
      Head head(length, 16, false, true);
      for (int64_t j = 0; j < length; ++j) {
        head.bias[head.args.ldb + j] = -kInf;
        if (j < length - 1) head.bias[2 * head.args.ldb + j] = -kInf;  // sees the last key alone
        if (j > 0) head.bias[j] = -kInf;                               // and the first alone
      }
      const std::vector<float> y = head.run(kernels, length);
      CHECK(head.worst(y) <= kTolerance);
      for (int64_t c = 0; c < 16; ++c) {
        CHECK(y[16 + c] == 0);
        CHECK(y[2 * 16 + c] == head.v[(length - 1) * head.args.ldv + c]);
        CHECK(y[c] == head.v[c]);
      }
    }
  });
}

TEST_CASE("attention: a NaN or an infinite score fills its row, and a causal row knows nothing of what follows it") {
  on_every_isa([](const KernelTable& kernels) {
    for (const float bad : {kNaN, kInf}) {
      Head head(45, 16, true, true);
      const std::vector<float> sound = head.run(kernels, 45);
      head.bias[7 * head.args.ldb + 2] = bad;
      for (int64_t c = 0; c < 16; ++c) head.v[40 * head.args.ldv + c] = head.k[41 * head.args.ldk + c] = bad;
      const std::vector<float> y = head.run(kernels, 45);
      for (int64_t i = 0; i < 40; ++i) {
        CAPTURE(i);
        for (int64_t c = 0; c < 16; ++c) {
          if (i == 7) CHECK(std::isnan(y[i * 16 + c]));
          if (i != 7) CHECK(test::same_bits(y[i * 16 + c], sound[i * 16 + c]));
        }
      }
      CHECK_FALSE(std::isfinite(y[40 * 16]));
      CHECK(std::isnan(y[44 * 16]));
    }
  });
}

TEST_CASE("attention in bf16: lengths around tiles and blocks of keys, widths around tiles") {
  for (const int64_t length : {1, 2, 3, 15, 16, 17, 18, 31, 32, 33, 47, 65, 385}) {
    CAPTURE(length);
    for (const int64_t width : {1, 16, 32, 33, 80}) {
      if (length > 65 && width != 33) continue;
      CAPTURE(width);
      for (const bool biased : {false, true}) {
        const Head head(length, width, false, biased);
        on_every_tested_isa(
            [&](const KernelTable& kernels) { CHECK(head.worst_half(head.run(kernels, length, true)) <= 1); });
      }
    }
  }
}

TEST_CASE("attention in bf16: the same bits however the rows are cut") {
  on_every_tested_isa([](const KernelTable& kernels) {
    for (const int64_t length : {9, 70, 400}) {
      for (const int64_t width : {32, 33}) {
        if (length > 70 && width != 33) continue;
        CAPTURE(length);
        CAPTURE(width);
        const Head head(length, width, false, length == 70);
        const std::vector<float> whole = head.run(kernels, length, true);
        for (const int64_t piece : {3, 16, 64}) CHECK(same_bits(head.run(kernels, piece, true), whole));
      }
    }
  });
}

TEST_CASE("attention in bf16: rows that see only -inf give zeros; a NaN or an infinite score fills its row alone") {
  on_every_tested_isa([](const KernelTable& kernels) {
    Head head(40, 16, false, true);
    const std::vector<float> sound = head.run(kernels, 40, true);
    for (int64_t j = 0; j < 40; ++j) head.bias[head.args.ldb + j] = -kInf;
    head.bias[7 * head.args.ldb + 2] = kNaN;
    head.bias[9 * head.args.ldb + 38] = kInf;
    const std::vector<float> y = head.run(kernels, 40, true);
    for (int64_t i = 0; i < 40; ++i) {
      CAPTURE(i);
      for (int64_t c = 0; c < 16; ++c) {
        const float x = y[i * 16 + c];
        if (i == 1) CHECK(x == 0);
        if (i == 7 || i == 9) CHECK(std::isnan(x));
        if (i != 1 && i != 7 && i != 9) CHECK(test::same_bits(x, sound[i * 16 + c]));
      }
    }
  });
}

}  // namespace vectral::test
