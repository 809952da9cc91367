// slice: elements begin … begin + length - 1 of one axis.
#include "checks.h"
#include "op_list.h"
#include "rows.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("slice", args);
  if (!c.inputs(1, 1)) return c.status();
  const View &x = args.inputs[0], &y = args.output;
  const int64_t axis = args.attributes->axis, begin = args.attributes->begin;
  c.output(x.dtype);
  if (axis < 0 || axis >= x.rank || y.rank != x.rank) {
    return c.that(false, "`axis` must be an axis of x, and the output have as many").status();
  }
  c.that(begin >= 0 && begin <= x.shape[axis] && y.shape[axis] <= x.shape[axis] - begin,
         "`begin` and the output's length must lie within the axis");
  for (int i = 0; i < x.rank; ++i) {
    c.that(i == axis || x.shape[i] == y.shape[i], "only the sliced axis may change its size");
  }
  return c.status();
}

Status run(const OpArgs& args) {
  const View &x = args.inputs[0], &y = args.output;
  if (y.size() == 0) return Status::ok();
  const int axis = static_cast<int>(args.attributes->axis);
  const int64_t first = args.attributes->begin;
  int64_t begin, end;
  args.split(y.rows(), 1, &begin, &end);
  if (axis == x.rank - 1) {
    for (int64_t r = begin; r < end; ++r) copy_elements(x, r, first, y, r, 0, y.cols());
    return Status::ok();
  }
  const int64_t inner = axes_product(y, axis + 1, y.rank - 1), kept = y.shape[axis] * inner;
  for (int64_t r = begin; r < end; ++r) {
    const int64_t source = r / kept * x.shape[axis] * inner + first * inner + r % kept;
    copy_elements(x, source, 0, y, r, 0, y.cols());
  }
  return Status::ok();
}

}  // namespace

const OpDefinition slice_op = {"slice", check, run};

}  // namespace vectral
