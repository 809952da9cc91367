// unfold: each row of a packed batch beside its neighbours in its sequence, zeros where there are none. A linear over
// it is a convolution.
#include <algorithm>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("unfold", args);
  if (!c.inputs(2, 2)) return c.status();
  const View& x = args.inputs[0];
  c.type(0, DType::f32).rank(0, 2).type(1, DType::i32).rank(1, 1).contiguous(1).output(DType::f32);
  c.that(args.inputs[1].cols() >= 1, "offsets must not be empty");
  c.that(args.attributes->size >= 1 && args.attributes->size % 2 == 1, "`size` must be odd");
  c.that(
      args.output.rank == 2 && args.output.rows() == x.rows() && args.output.cols() == args.attributes->size * x.cols(),
      "output must be [rows, size * columns]");
  return c.status();
}

Status run(const OpArgs& args) {
  const View &x = args.inputs[0], &offsets = args.inputs[1];
  if (Status status = check_offsets("unfold", offsets, x.rows()); !status.is_ok()) return status;
  const int64_t size = args.attributes->size, columns = x.cols();
  const auto* const at = offsets.as<const int32_t>();
  int64_t begin, end;
  args.split(x.rows(), 1, &begin, &end);
  int64_t s = std::upper_bound(at, at + offsets.cols(), begin) - at - 1;
  for (int64_t row = begin; row < end; ++row) {
    while (at[s + 1] <= row) ++s;
    float* to = args.output.as<float>() + row * args.output.row_stride;
    for (int64_t i = 0; i < size; ++i, to += columns) {
      const int64_t from = row + i - size / 2;
      if (from < at[s] || from >= at[s + 1]) {
        std::fill_n(to, columns, 0.0f);
      } else {
        std::copy_n(x.as<const float>() + from * x.row_stride, columns, to);
      }
    }
  }
  return Status::ok();
}

}  // namespace

const OpDefinition unfold_op = {"unfold", check, run};

}  // namespace vectral
