// linear: activation(x W^T + b) + residual.
#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

// From this many rows a thread streams the whole of W often enough that cutting rows beats cutting panels: every thread
// then reads its own rows of x, and of W what the shared cache holds.
constexpr int64_t kRowsPerThread = 128;
constexpr int64_t kRowGrain = 24;  // whole register tiles of every instruction set (4, 6 and 8 rows)

Status check(const OpArgs& args) {
  Check c("linear", args);
  if (!c.inputs(1, 2)) return c.status();
  const View& x = args.inputs[0];
  if (args.weights == nullptr) return c.that(false, "needs a weight").status();
  const PackedView& w = args.weights->matrix;
  c.type(0, DType::f32).output(DType::f32);
  c.that(x.rank >= 1 && x.cols() == w.k, "the last size of x must be the width of the weight");
  c.that(args.output.rank == x.rank && args.output.rows() == x.rows() && args.output.cols() == w.n,
         "output must have the rows of x and as many columns as the weights have rows");
  if (args.input_count == 2) {
    c.type(1, DType::f32).that(same_shape(args.inputs[1], args.output), "residual must have the shape of the output");
  }
  return c.status();
}

Status run(const OpArgs& args) {
  const View& x = args.inputs[0];
  GemmArgs gemm;
  gemm.a = x.as<const float>();
  gemm.lda = x.row_stride;
  gemm.w = args.weights->matrix;
  gemm.bias = args.weights->bias;
  if (args.input_count == 2) {
    gemm.residual = args.inputs[1].as<const float>();
    gemm.ldr = args.inputs[1].row_stride;
  }
  gemm.activation = args.attributes->activation;
  gemm.c = args.output.as<float>();
  gemm.ldc = args.output.row_stride;
  gemm.row_end = x.rows();
  gemm.panel_end = gemm.w.panels();
  if (gemm.row_end >= kRowsPerThread * args.threads || gemm.panel_end < args.threads) {
    args.split(gemm.row_end, kRowGrain, &gemm.row_begin, &gemm.row_end);
  } else {
    args.split(gemm.panel_end, 1, &gemm.panel_begin, &gemm.panel_end);
  }
  if (gemm.row_begin < gemm.row_end && gemm.panel_begin < gemm.panel_end) args.kernels->gemm(gemm);
  return Status::ok();
}

}  // namespace

const OpDefinition linear_op = {"linear", check, run};

}  // namespace vectral
