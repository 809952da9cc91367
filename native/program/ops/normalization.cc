// layerNorm, rmsNorm, l2Normalize and softmax: one row at a time over the last axis.
#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

Status check_rows(const char* op, const OpArgs& args, int inputs) {
  Check c(op, args);
  if (!c.inputs(inputs, inputs)) return c.status();
  c.type(0, DType::f32).output(DType::f32).output_like(0);
  c.that(args.inputs[0].rank >= 1, "x must have at least 1 dimension");
  for (int i = 1; i < inputs; ++i) c.type(i, DType::f32).vector(i, args.inputs[0].cols());
  return c.status();
}

// This thread's rows of x and of the output.
struct Rows {
  explicit Rows(const OpArgs& args) {
    const View& in = args.inputs[0];
    int64_t begin, end;
    args.split(in.rows(), 1, &begin, &end);
    ldx = in.row_stride;
    ldy = args.output.row_stride;
    x = in.as<const float>() + begin * ldx;
    y = args.output.as<float>() + begin * ldy;
    count = end - begin;
    columns = in.cols();
  }
  const float* x;
  float* y;
  int64_t ldx, ldy, count, columns;
};

Status check_layer_norm(const OpArgs& args) { return check_rows("layerNorm", args, 3); }
Status check_rms_norm(const OpArgs& args) { return check_rows("rmsNorm", args, 2); }
Status check_l2_normalize(const OpArgs& args) { return check_rows("l2Normalize", args, 1); }
Status check_softmax(const OpArgs& args) { return check_rows("softmax", args, 1); }

Status layer_norm(const OpArgs& args) {
  const Rows r(args);
  args.kernels->layer_norm(r.x, r.ldx, args.inputs[1].as<const float>(), args.inputs[2].as<const float>(),
                           args.attributes->eps, r.y, r.ldy, r.count, r.columns);
  return Status::ok();
}

Status rms_norm(const OpArgs& args) {
  const Rows r(args);
  args.kernels->rms_norm(r.x, r.ldx, args.inputs[1].as<const float>(), args.attributes->eps, r.y, r.ldy, r.count,
                         r.columns);
  return Status::ok();
}

Status l2_normalize(const OpArgs& args) {
  const Rows r(args);
  args.kernels->l2_normalize(r.x, r.ldx, args.attributes->eps, r.y, r.ldy, r.count, r.columns);
  return Status::ok();
}

Status softmax(const OpArgs& args) {
  const Rows r(args);
  args.kernels->softmax(r.x, r.ldx, r.y, r.ldy, r.count, r.columns);
  return Status::ok();
}

}  // namespace

const OpDefinition layer_norm_op = {"layerNorm", check_layer_norm, layer_norm};
const OpDefinition rms_norm_op = {"rmsNorm", check_rms_norm, rms_norm};
const OpDefinition l2_normalize_op = {"l2Normalize", check_l2_normalize, l2_normalize};
const OpDefinition softmax_op = {"softmax", check_softmax, softmax};

}  // namespace vectral
