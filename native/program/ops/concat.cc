// concat: inputs one after another along one axis.
#include "checks.h"
#include "op_list.h"
#include "rows.h"

namespace vectral {
namespace {

constexpr int kMostInputs = 1 << 20;

Status check(const OpArgs& args) {
  Check c("concat", args);
  if (!c.inputs(1, kMostInputs)) return c.status();
  const View& y = args.output;
  const int64_t axis = args.attributes->axis;
  c.output(args.inputs[0].dtype);
  if (axis < 0 || axis >= y.rank) return c.that(false, "`axis` must be an axis of the output").status();
  int64_t length = 0;
  for (int i = 0; i < args.input_count; ++i) {
    const View& x = args.inputs[i];
    c.type(i, y.dtype).rank(i, y.rank);
    for (int d = 0; d < y.rank && x.rank == y.rank; ++d) {
      c.that(d == axis || x.shape[d] == y.shape[d], "inputs may differ only along `axis`");
    }
    length += x.shape[axis];
  }
  return c.that(length == y.shape[axis], "the inputs' lengths along `axis` must add up to the output's").status();
}

// Rows of the output, side by side from the inputs' rows.
void join_columns(const OpArgs& args, int64_t begin, int64_t end) {
  for (int64_t r = begin; r < end; ++r) {
    int64_t column = 0;
    for (int i = 0; i < args.input_count; ++i) {
      const int64_t width = args.inputs[i].cols();
      if (width > 0) copy_elements(args.inputs[i], r, 0, args.output, r, column, width);
      column += width;
    }
  }
}

Status run(const OpArgs& args) {
  const View& y = args.output;
  if (y.size() == 0) return Status::ok();
  const int axis = static_cast<int>(args.attributes->axis);
  int64_t begin, end;
  args.split(y.rows(), 1, &begin, &end);
  if (axis == y.rank - 1) {
    join_columns(args, begin, end);
    return Status::ok();
  }
  const int64_t inner = axes_product(y, axis + 1, y.rank - 1), whole = y.shape[axis] * inner;
  for (int64_t r = begin; r < end; ++r) {
    int64_t within = r % whole;
    int i = 0;
    for (; within >= args.inputs[i].shape[axis] * inner; ++i) within -= args.inputs[i].shape[axis] * inner;
    const int64_t source = r / whole * args.inputs[i].shape[axis] * inner + within;
    copy_elements(args.inputs[i], source, 0, y, r, 0, y.cols());
  }
  return Status::ok();
}

}  // namespace

const OpDefinition concat_op = {"concat", check, run};

}  // namespace vectral
