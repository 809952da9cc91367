// attention, attentionProbs and pool over packed sequences, against float64. Tolerances as in test_program_ops.cc.
#include <algorithm>
#include <limits>

#include "program_support.h"

namespace vectral::test {
namespace {

constexpr double kTolerance = 1e-5;

struct Case {
  std::vector<int32_t> offsets;
  int64_t heads, width;
  bool causal, biased;
};

// Probabilities of all heads [H, P], then the attended values [N, H d].
std::pair<Row64, Row64> attention64(const Case& c, const std::vector<float>& q, const std::vector<float>& k,
                                    const std::vector<float>& v, const std::vector<float>& bias, int64_t side,
                                    double scale) {
  const int64_t columns = c.heads * c.width;
  Row64 probs, out(q.size(), 0.0);
  for (int64_t h = 0; h < c.heads; ++h) {
    for (size_t s = 0; s + 1 < c.offsets.size(); ++s) {
      const int64_t first = c.offsets[s], length = c.offsets[s + 1] - first;
      for (int64_t i = 0; i < length; ++i) {
        Row64 row(static_cast<size_t>(length));
        double most = -std::numeric_limits<double>::infinity(), total = 0;
        for (int64_t j = 0; j < length; ++j) {
          for (int64_t d = 0; d < c.width; ++d) {
            row[j] += scale * q[(first + i) * columns + h * c.width + d] * k[(first + j) * columns + h * c.width + d];
          }
          if (c.biased) row[j] += bias[(h * side + i) * side + j];
          if (c.causal && j > i) row[j] = -std::numeric_limits<double>::infinity();
          most = std::max(most, row[j]);
        }
        for (double& cell : row) total += cell = std::isinf(most) ? 0 : std::exp(cell - most);
        for (int64_t j = 0; j < length; ++j) {
          const double p = total == 0 ? 0 : row[j] / total;
          probs.push_back(p);
          for (int64_t d = 0; d < c.width; ++d) {
            out[(first + i) * columns + h * c.width + d] += p * v[(first + j) * columns + h * c.width + d];
          }
        }
      }
    }
  }
  return {probs, out};
}

}  // namespace

TEST_CASE("attention and attentionProbs: lengths around blocks and panels, bias, causal") {
  const Case cases[] = {
      {{0, 1}, 1, 3, false, false},      {{0, 5, 5, 22, 23}, 3, 32, false, false},
      {{0, 65, 70}, 2, 17, true, false}, {{0, 64, 129}, 1, 64, false, true},
      {{0, 0}, 2, 8, false, false},      {{0, 7, 150}, 2, 33, true, true},
  };
  for (const IsaChoice& isa : runnable_isas()) {
    for (const Case& c : cases) {
      CAPTURE(isa.name);
      CAPTURE(c.offsets.back());
      const int64_t rows = c.offsets.back(), columns = c.heads * c.width, side = rows + 2;
      const Tensor q = random({rows, columns}, 1), k = random({rows, columns}, 2), v = random({rows, columns}, 3);
      Tensor bias = random({c.heads, side, side}, 4);
      // The whole first row of the last head masked: zeros, not NaN.
      if (c.biased) {
        auto* cells = static_cast<float*>(bias.storage->data()) + (c.heads - 1) * side * side;
        std::fill(cells, cells + side, -std::numeric_limits<float>::infinity());
      }
      const double scale = 0.125;
      int64_t squares = 0;
      for (size_t s = 0; s + 1 < c.offsets.size(); ++s) {
        squares += static_cast<int64_t>(c.offsets[s + 1] - c.offsets[s]) * (c.offsets[s + 1] - c.offsets[s]);
      }
      EagerCall attend = call_of("attention", {q, k, v, ints(c.offsets)}, {rows, columns});
      EagerCall probs = call_of("attentionProbs", {q, k, ints(c.offsets)}, {c.heads, squares});
      for (EagerCall* call : {&attend, &probs}) {
        if (c.biased) {
          call->inputs.push_back(bias);
          call->attributes.bias = BiasKind::square;
        }
        call->attributes.heads = c.heads;
        call->attributes.scale = static_cast<float>(scale);
        call->attributes.causal = c.causal;
      }
      const auto [p, y] = attention64(c, values_of(q), values_of(k), values_of(v), values_of(bias), side, scale);
      CHECK(worst_difference(run_op(attend, isa), y) < kTolerance);
      CHECK(worst_difference(run_op(probs, isa), p) < kTolerance);
    }
  }
}

TEST_CASE("attention: a sequence has the same bits alone and in any company") {
  for (const IsaChoice& isa : runnable_isas()) {
    CAPTURE(isa.name);
    const int64_t heads = 2, columns = 64, length = 71;
    const Tensor x = random({200, columns}, 9);
    const std::vector<float> all = values_of(x);
    EagerCall batch = call_of("attention", {x, x, x, ints({0, 13, 13 + 71, 200})}, {200, columns});
    batch.attributes.heads = heads;
    const Tensor part = floats({length, columns}, {all.begin() + 13 * columns, all.begin() + (13 + length) * columns});
    EagerCall alone = call_of("attention", {part, part, part, ints({0, 71})}, {length, columns});
    alone.attributes.heads = heads;
    const std::vector<float> many = run_op(batch, isa), one = run_op(alone, isa);
    CHECK(std::equal(one.begin(), one.end(), many.begin() + 13 * columns));
  }
}

TEST_CASE("pool: every mode, with prompts left out, empty sequences and all rows left out") {
  const std::vector<int32_t> offsets{0, 3, 3, 8, 10}, start{1, 0, 0, 7};
  const int64_t columns = 21;
  const Tensor x = random({10, columns}, 1);
  const std::vector<float> in = values_of(x);
  for (const IsaChoice& isa : runnable_isas()) {
    for (const PoolMode mode : {PoolMode::cls, PoolMode::last, PoolMode::mean, PoolMode::max, PoolMode::mean_sqrt_len,
                                PoolMode::weighted_mean}) {
      CAPTURE(isa.name);
      CAPTURE(static_cast<int>(mode));
      Row64 expected;
      for (size_t s = 0; s < 4; ++s) {
        const int64_t length = offsets[s + 1] - offsets[s], first = std::min<int64_t>(start[s], length),
                      n = length - first;
        for (int64_t c = 0; c < columns; ++c) {
          const auto cell = [&](int64_t row) { return static_cast<double>(in[(offsets[s] + row) * columns + c]); };
          double sum = 0, weighted = 0, positions = 0, most = n == 0 ? -1e9 : -1e30;
          for (int64_t r = first; r < length; ++r) {
            sum += cell(r);
            weighted += static_cast<double>(r + 1) * cell(r);
            positions += static_cast<double>(r + 1);
            most = std::max(most, cell(r));
          }
          const bool empty = length == 0;
          expected.push_back(mode == PoolMode::cls    ? (empty ? 0 : cell(std::min(first, length - 1)))
                             : mode == PoolMode::last ? (empty ? 0 : cell(length - 1))
                             : mode == PoolMode::max  ? most
                             : mode == PoolMode::mean ? sum / std::max<double>(static_cast<double>(n), 1e-9)
                             : mode == PoolMode::mean_sqrt_len
                                 ? sum / std::sqrt(std::max<double>(static_cast<double>(n), 1e-9))
                                 : weighted / std::max(positions, 1e-9));
        }
      }
      EagerCall call = call_of("pool", {x, ints(offsets), ints(start)}, {4, columns});
      call.attributes.mode = mode;
      CHECK(worst_difference(run_op(call, isa), expected) < kTolerance);
    }
  }
}

}  // namespace vectral::test
