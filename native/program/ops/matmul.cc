// matmul: a [.., M, K] times b [.., K, O], or one b [K, O] for all. b is packed anew at each call, each thread its
// part.
#include <algorithm>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

// b is the same for the whole of a: then all of a is one matrix.
bool shared_b(const OpArgs& args) { return args.inputs[1].rank == 2; }

Status check(const OpArgs& args) {
  Check c("matmul", args);
  if (!c.inputs(2, 2)) return c.status();
  const View &a = args.inputs[0], &b = args.inputs[1], &out = args.output;
  c.type(0, DType::f32).type(1, DType::f32).output(DType::f32);
  if (a.rank < 2 || b.rank < 2) return c.that(false, "both inputs must have at least 2 dimensions").status();
  c.that(a.cols() == b.shape[b.rank - 2], "the last size of a must be the last but one of b");
  c.that(shared_b(args) || (a.rank == b.rank && std::equal(a.shape, a.shape + a.rank - 2, b.shape)),
         "a and b must have equal leading sizes");
  c.that(out.rank == a.rank && std::equal(a.shape, a.shape + a.rank - 1, out.shape) && out.cols() == b.cols(),
         "output must be [.., M, O]");
  return c.status();
}

Status run(const OpArgs& args) {
  const View &a = args.inputs[0], &b = args.inputs[1], &out = args.output;
  const int64_t k = a.cols(), columns = b.cols();
  const int64_t m = shared_b(args) ? a.rows() : a.shape[a.rank - 2];
  if (out.size() == 0) return Status::ok();
  const PackLayout layout = args.kernels->gemm_layout(Arithmetic::f32, DType::f32, columns);

  int64_t batch_begin = 0, batch_end = a.rows() / m, column_begin = 0, column_end = columns;
  if (batch_end >= args.threads) {
    args.split(batch_end, 1, &batch_begin, &batch_end);
  } else {
    args.split(columns, layout.panel, &column_begin, &column_end);
  }
  const int64_t width = column_end - column_begin;
  if (width == 0 || batch_begin == batch_end) return Status::ok();

  GemmArgs gemm;
  gemm.w = {args.scratch->get<char>(packed_bytes(layout, width, k)), layout, width, k};
  if (gemm.w.data == nullptr) return out_of_memory("matmul");
  gemm.lda = a.row_stride;
  gemm.ldc = out.row_stride;
  gemm.row_end = m;
  gemm.panel_end = gemm.w.panels();
  for (int64_t i = batch_begin; i < batch_end; ++i) {
    pack_panels(layout, b.as<const float>() + i * k * b.row_stride + column_begin, 1, b.row_stride, width, k, 0,
                gemm.panel_end, const_cast<void*>(gemm.w.data));
    gemm.a = a.as<const float>() + i * m * a.row_stride;
    gemm.c = out.as<float>() + i * m * out.row_stride + column_begin;
    args.kernels->gemm(gemm);
  }
  return Status::ok();
}

}  // namespace

const OpDefinition matmul_op = {"matmul", check, run};

}  // namespace vectral
