// copy and convert: the same values in another shape, or in another element type.
#include "checks.h"
#include "op_list.h"
#include "rows.h"

namespace vectral {
namespace {

Status check_copy(const OpArgs& args) {
  Check c("copy", args);
  if (!c.inputs(1, 1)) return c.status();
  c.output(args.inputs[0].dtype);
  return c.that(args.inputs[0].size() == args.output.size(), "the output must have as many elements as x").status();
}

Status copy(const OpArgs& args) {
  const View &x = args.inputs[0], &y = args.output;
  if (y.size() == 0) return Status::ok();
  int64_t begin, end;
  args.split(x.rows(), 1, &begin, &end);
  const int64_t row_bytes = x.cols() * dtype_bytes(x.dtype);
  for (int64_t r = begin; r < end; ++r) {
    std::memcpy(y.as<char>() + r * row_bytes, element(x, r, 0), static_cast<size_t>(row_bytes));
  }
  return Status::ok();
}

Status check_convert(const OpArgs& args) {
  Check c("convert", args);
  if (!c.inputs(1, 1)) return c.status();
  const DType from = args.inputs[0].dtype, to = args.output.dtype;
  c.output_like(0).that(args.output.contiguous(), "output must be contiguous");
  return c
      .that(to == DType::f32 || (from == DType::f32 && (to == DType::f16 || to == DType::bf16)),
            "can go from any type to f32, and from f32 to f16 or bf16")
      .status();
}

Status convert(const OpArgs& args) {
  const View &x = args.inputs[0], &y = args.output;
  int64_t begin, end;
  args.split(x.rows(), 1, &begin, &end);
  for (int64_t r = begin; r < end; ++r) {
    if (y.dtype == DType::f32) {
      args.kernels->to_f32(x.dtype, element(x, r, 0), reinterpret_cast<float*>(element(y, r, 0)), x.cols());
    } else {
      args.kernels->from_f32(y.dtype, reinterpret_cast<const float*>(element(x, r, 0)), element(y, r, 0), x.cols());
    }
  }
  return Status::ok();
}

}  // namespace

const OpDefinition copy_op = {"copy", check_copy, copy};
const OpDefinition convert_op = {"convert", check_convert, convert};

}  // namespace vectral
