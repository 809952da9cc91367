// add and mul: a with b of the same shape, or with b repeated along a's leading axes.
#include <algorithm>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

using Kernel = void (*)(const float* a, const float* b, float* y, int64_t n);

Status check(const char* op, const OpArgs& args) {
  Check c(op, args);
  if (!c.inputs(2, 2)) return c.status();
  const View &a = args.inputs[0], &b = args.inputs[1];
  c.type(0, DType::f32).type(1, DType::f32).output(DType::f32).output_like(0);
  const bool trailing = b.rank >= std::min(a.rank, 1) && b.rank <= a.rank &&
                        std::equal(b.shape, b.shape + b.rank, a.shape + a.rank - b.rank);
  return c.that(trailing, "b must have the shape of a, or a trailing part of it").status();
}

Status run(const OpArgs& args, Kernel kernel) {
  const View &a = args.inputs[0], &b = args.inputs[1], &y = args.output;
  const int64_t rows = b.rows();
  int64_t begin, end;
  args.split(a.rows(), 1, &begin, &end);
  for (int64_t r = begin; r < end; ++r) {
    kernel(a.as<const float>() + r * a.row_stride, b.as<const float>() + r % rows * b.row_stride,
           y.as<float>() + r * y.row_stride, a.cols());
  }
  return Status::ok();
}

Status check_add(const OpArgs& args) { return check("add", args); }
Status check_mul(const OpArgs& args) { return check("mul", args); }
Status run_add(const OpArgs& args) { return run(args, args.kernels->add); }
Status run_mul(const OpArgs& args) { return run(args, args.kernels->mul); }

}  // namespace

const OpDefinition add_op = {"add", check_add, run_add};
const OpDefinition mul_op = {"mul", check_mul, run_mul};

}  // namespace vectral
