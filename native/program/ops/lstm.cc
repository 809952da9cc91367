// lstm: the recurrence of a long short-term memory (Hochreiter and Schmidhuber 1997) over each sequence, forwards or
// backwards. x holds W x + b for the gates i, f, g, o of every row; the step adds U h + b' of the row before:
//   c = sigmoid(f) c + sigmoid(i) tanh(g),  h = sigmoid(o) tanh(c).
#include <algorithm>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("lstm", args);
  if (!c.inputs(4, 4)) return c.status();
  const View &x = args.inputs[0], &offsets = args.inputs[1], &weight = args.inputs[2];
  c.type(0, DType::f32).rank(0, 2).type(1, DType::i32).rank(1, 1).contiguous(1);
  c.type(2, DType::f32).rank(2, 2).contiguous(2).type(3, DType::f32).contiguous(3).output(DType::f32);
  if (!c.status().is_ok()) return c.status();
  c.that(offsets.cols() >= 1, "offsets must not be empty");
  c.that(weight.cols() == 4 * weight.rows() && x.cols() == weight.cols(), "weight must be [H, 4H] and x [rows, 4H]");
  c.vector(3, x.cols());
  c.that(args.output.rank == 2 && args.output.rows() == x.rows() && args.output.cols() == weight.rows(),
         "output must be [rows, H]");
  return c.status();
}

Status run(const OpArgs& args) {
  const View &x = args.inputs[0], &offsets = args.inputs[1];
  if (Status status = check_offsets("lstm", offsets, x.rows()); !status.is_ok()) return status;
  const int64_t hidden = args.inputs[2].rows();
  const auto* const at = offsets.as<const int32_t>();
  const auto* const weight = args.inputs[2].as<const float>();  // column-wise: a row is what one h adds to all gates
  const auto* const bias = args.inputs[3].as<const float>();
  float* const gates = args.scratch->get<float>(6 * hidden);
  if (gates == nullptr && hidden > 0) return out_of_memory("lstm");
  float *const cell = gates + 4 * hidden, *const bounded = cell + hidden;
  const auto apply = [&](Activation f, float* values, int64_t count) {
    args.kernels->activate(f, values, values, count);
  };
  int64_t begin, end;
  args.split(offsets.cols() - 1, 1, &begin, &end);
  for (int64_t s = begin; s < end; ++s) {
    std::fill_n(cell, hidden, 0.0f);
    const float* before = nullptr;
    for (int64_t t = 0; t < at[s + 1] - at[s]; ++t) {
      const int64_t row = args.attributes->reverse ? at[s + 1] - 1 - t : at[s] + t;
      const float* const from = x.as<const float>() + row * x.row_stride;
      for (int64_t i = 0; i < 4 * hidden; ++i) gates[i] = from[i] + bias[i];
      for (int64_t j = 0; before != nullptr && j < hidden; ++j) {
        const float h = before[j];
        const float* const column = weight + j * 4 * hidden;
        for (int64_t i = 0; i < 4 * hidden; ++i) gates[i] += h * column[i];
      }
      apply(Activation::sigmoid, gates, 2 * hidden);
      apply(Activation::tanh, gates + 2 * hidden, hidden);
      apply(Activation::sigmoid, gates + 3 * hidden, hidden);
      for (int64_t i = 0; i < hidden; ++i) {
        cell[i] = gates[hidden + i] * cell[i] + gates[i] * gates[2 * hidden + i];
        bounded[i] = cell[i];
      }
      apply(Activation::tanh, bounded, hidden);
      float* const to = args.output.as<float>() + row * args.output.row_stride;
      for (int64_t i = 0; i < hidden; ++i) to[i] = gates[3 * hidden + i] * bounded[i];
      before = to;
    }
  }
  return Status::ok();
}

}  // namespace

const OpDefinition lstm_op = {"lstm", check, run};

}  // namespace vectral
