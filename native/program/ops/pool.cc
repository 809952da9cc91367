// pool: one row a sequence, by sentence-transformers' rules (docs/operations.md has them all).
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

constexpr float kLeastDivisor = 1e-9f;
constexpr float kEmptyMaximum = -1e9f;
constexpr int64_t kLongestSum = 256;  // rows

// The optional inputs, told apart by their types; 0: not there.
int start_of(const OpArgs& args) { return args.input_count > 2 && args.inputs[2].dtype == DType::i32 ? 2 : 0; }
int weights_of(const OpArgs& args) {
  const int last = args.input_count - 1;
  return last >= 2 && args.inputs[last].dtype == DType::f32 ? last : 0;
}

Status check(const OpArgs& args) {
  Check c("pool", args);
  if (!c.inputs(2, 4)) return c.status();
  const View &x = args.inputs[0], &offsets = args.inputs[1];
  c.type(0, DType::f32).rank(0, 2).type(1, DType::i32).rank(1, 1).contiguous(1).output(DType::f32);
  c.that(offsets.cols() >= 1, "offsets must not be empty");
  if (const int i = start_of(args); i > 0) c.type(i, DType::i32).vector(i, offsets.cols() - 1);
  if (const int i = weights_of(args); i > 0) {
    const View& weights = args.inputs[i];
    c.type(i, DType::f32).rank(i, 2).contiguous(i);
    c.that(weights.rows() == x.rows() && weights.cols() == 1, "weights must be [rows of x, 1]");
  }
  const PoolMode mode = args.attributes->mode;
  c.that(weights_of(args) == 0 || mode == PoolMode::mean || mode == PoolMode::mean_sqrt_len,
         "weights are for the modes mean and mean_sqrt_len");
  c.that(args.output.rank == 2 && args.output.rows() == offsets.cols() - 1 && args.output.cols() == x.cols(),
         "output must be [sequences, columns of x]");
  return c.status();
}

void divide(float* y, int64_t n, float divisor) {
  for (int64_t i = 0; i < n; ++i) y[i] /= divisor;
}

// y = what sum(begin, end, y) comes to for the rows [begin, end): those of a long sequence in halves, so that rounding
// does not grow with its length.
template <typename Sum>
void sum_in_halves(int64_t begin, int64_t end, int64_t columns, const Sum& sum, float* y) {
  if (end - begin <= kLongestSum) return sum(begin, end, y);
  const int64_t middle = begin + (end - begin) / 2;
  std::vector<float> rest(static_cast<size_t>(columns));
  sum_in_halves(begin, middle, columns, sum, y);
  sum_in_halves(middle, end, columns, sum, rest.data());
  for (int64_t c = 0; c < columns; ++c) y[c] += rest[static_cast<size_t>(c)];
}

// Sum of the positions first + 1 … length, counted from 1.
float position_sum(int64_t first, int64_t length) {
  return static_cast<float>(length * (length + 1) / 2 - first * (first + 1) / 2);
}

// x: the first row of a sequence of `length` rows, of which the first `skipped` are left out.
void pool_sequence(const OpArgs& args, const float* x, int64_t length, int64_t skipped, float* y) {
  const int64_t columns = args.output.cols(), ldx = args.inputs[0].row_stride, kept = length - skipped;
  const KernelTable& kernels = *args.kernels;
  const float* const first = x + skipped * ldx;
  const auto count = static_cast<float>(kept);
  const PoolMode mode = args.attributes->mode;
  const auto sum = [&](int64_t begin, int64_t end, float* part) {
    kernels.sum_rows(first + begin * ldx, ldx, end - begin, columns, part);
  };
  const auto position_sum_rows = [&](int64_t begin, int64_t end, float* part) {
    kernels.position_sum_rows(first + begin * ldx, ldx, skipped + begin + 1, end - begin, columns, part);
  };
  if (length == 0 || (kept == 0 && mode == PoolMode::max)) {
    std::fill(y, y + columns, mode == PoolMode::max ? kEmptyMaximum : 0.0f);
    return;
  }
  switch (mode) {
    case PoolMode::cls:
      std::copy_n(x + std::min(skipped, length - 1) * ldx, columns, y);
      break;
    case PoolMode::last:
      std::copy_n(x + (length - 1) * ldx, columns, y);
      break;
    case PoolMode::max:
      kernels.max_rows(first, ldx, kept, columns, y);
      break;
    case PoolMode::mean:
      sum_in_halves(0, kept, columns, sum, y);
      divide(y, columns, std::max(count, kLeastDivisor));
      break;
    case PoolMode::mean_sqrt_len:
      sum_in_halves(0, kept, columns, sum, y);
      divide(y, columns, std::sqrt(std::max(count, kLeastDivisor)));
      break;
    case PoolMode::weighted_mean:
      sum_in_halves(0, kept, columns, position_sum_rows, y);
      divide(y, columns, std::max(position_sum(skipped, length), kLeastDivisor));
      break;
  }
}

// Sums of rows times their weights; the sum of the weights takes the place of the number of rows.
void pool_weighted(const OpArgs& args, const float* x, const float* weights, int64_t length, int64_t skipped,
                   float* y) {
  const int64_t columns = args.output.cols(), ldx = args.inputs[0].row_stride;
  const auto sum = [&](int64_t begin, int64_t end, float* part) {
    std::fill(part, part + columns, 0.0f);
    for (int64_t t = begin; t < end; ++t) {
      const float* const row = x + t * ldx;
      for (int64_t c = 0; c < columns; ++c) part[c] += weights[t] * row[c];
    }
  };
  sum_in_halves(skipped, length, columns, sum, y);
  const double all = std::accumulate(weights + skipped, weights + length, 0.0);
  const float divisor = std::max(static_cast<float>(all), kLeastDivisor);
  divide(y, columns, args.attributes->mode == PoolMode::mean ? divisor : std::sqrt(divisor));
}

Status run(const OpArgs& args) {
  const View &x = args.inputs[0], &offsets = args.inputs[1];
  if (Status status = check_offsets("pool", offsets, x.rows()); !status.is_ok()) return status;
  const auto* at = offsets.as<const int32_t>();
  const auto* start = start_of(args) > 0 ? args.inputs[start_of(args)].as<const int32_t>() : nullptr;
  const auto* weights = weights_of(args) > 0 ? args.inputs[weights_of(args)].as<const float>() : nullptr;
  int64_t begin, end;
  args.split(args.output.rows(), 1, &begin, &end);
  for (int64_t s = begin; s < end; ++s) {
    const int64_t length = at[s + 1] - at[s], skipped = start == nullptr ? 0 : start[s];
    if (skipped < 0) {
      return Status::error("pool: start must not be negative, got " + std::to_string(skipped) + " at sequence " +
                           std::to_string(s));
    }
    const float* const rows = x.as<const float>() + at[s] * x.row_stride;
    float* const y = args.output.as<float>() + s * args.output.row_stride;
    if (weights == nullptr) {
      pool_sequence(args, rows, length, std::min(skipped, length), y);
    } else {
      pool_weighted(args, rows, weights + at[s], length, std::min(skipped, length), y);
    }
  }
  return Status::ok();
}

}  // namespace

const OpDefinition pool_op = {"pool", check, run};

}  // namespace vectral
