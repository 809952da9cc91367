// linear: activation(x W^T + b) + residual, in f32, bf16 or int8 arithmetic; then, if asked for, a norm of each row.
#include <algorithm>

#include "../../core/aligned_memory.h"
#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

// From this many rows a thread streams the whole of W often enough that cutting rows beats cutting panels: every thread
// then reads its own rows of x, and of W what the shared cache holds.
constexpr int64_t kRowsPerThread = 128;
constexpr int64_t kRowGrain = 16;  // whole tiles of the tallest

// How many of the inputs, the last ones, belong to the norm: gamma and beta.
int norm_inputs(const OpArgs& args) { return args.attributes->norm == Norm::layer ? 2 : 0; }
bool has_residual(const OpArgs& args) { return args.input_count - norm_inputs(args) == 2; }

Status check(const OpArgs& args) {
  Check c("linear", args);
  const int norm = norm_inputs(args);
  if (!c.inputs(1 + norm, 2 + norm)) return c.status();
  const View& x = args.inputs[0];
  if (args.weights == nullptr) return c.that(false, "needs a weight").status();
  const PackedView& w = args.weights->matrix;
  // x and the output may be bf16 where that is what x would be rounded to
  const bool half = args.attributes->arithmetic == Arithmetic::bf16;
  const bool half_x = half && x.dtype == DType::bf16, half_output = half && args.output.dtype == DType::bf16;
  if (!half_x) c.type(0, DType::f32);
  if (half_x) c.that(w.k % 2 == 0, "x in bf16 must have an even number of columns");
  if (!half_output) c.output(DType::f32);
  if (half_output) c.that(norm == 0, "what is normed must be f32");
  c.that(x.rank >= 1 && x.cols() == w.k, "the last size of x must be the width of the weight");
  c.that(args.output.rank == x.rank && args.output.rows() == x.rows() && args.output.cols() == w.n,
         "output must have the rows of x and as many columns as the weights have rows");
  if (has_residual(args)) {
    c.type(1, DType::f32).that(same_shape(args.inputs[1], args.output), "residual must have the shape of the output");
  }
  for (int i = args.input_count - norm; i < args.input_count; ++i) c.type(i, DType::f32).vector(i, w.n);
  return c.status();
}

// Whether the threads share the rows of x, or the panels of W.
bool splits_rows(const OpArgs& args) {
  return args.inputs[0].rows() >= kRowsPerThread * args.threads || args.weights->matrix.panels() < args.threads;
}

void norm_rows(const OpArgs& args, int64_t begin, int64_t end) {
  float* const y = args.output.as<float>() + begin * args.output.row_stride;
  const View* const norm = args.inputs + args.input_count - norm_inputs(args);
  args.kernels->layer_norm(y, args.output.row_stride, norm[0].as<const float>(), norm[1].as<const float>(),
                           args.attributes->eps, y, args.output.row_stride, end - begin, args.output.cols());
}

// A thread that has whole rows norms them while they are in its cache; otherwise that waits for `finish`.
bool norms_at_once(const OpArgs& args) {
  return args.attributes->norm != Norm::none && (args.threads == 1 || splits_rows(args));
}

// x in the arithmetic's own type, a block of rows at a time: small enough to stay in L2 while all panels pass over it.
constexpr int64_t kQuantizedBytes = 400 * 1024;

// Rows of a block: blocks of a call are even, since each of them streams the whole of W.
int64_t block_rows(int64_t rows, int64_t row_bytes) {
  const int64_t fit = std::max<int64_t>(kQuantizedBytes / row_bytes, kRowGrain);
  const int64_t blocks = (rows + fit - 1) / fit;
  return (rows + blocks - 1) / blocks;
}

// Runs `gemm` over this thread's rows of x, converted to kParts rows of T side by side by `convert(first row, rows,
// target, step, …)`.
template <typename T, int kParts = 1, typename Convert>
Status run_converted(const OpArgs& args, GemmArgs gemm, void (*kernel)(const GemmArgs&), const Convert& convert) {
  // Rows begin on cache lines and lie an odd number of them apart: those of one tile then share no cache set.
  constexpr int64_t kLine = 64 / sizeof(T);
  const int64_t step = ((gemm.w.k + kLine - 1) / kLine | 1) * kLine * kParts;
  const int64_t end = gemm.row_end;
  const int64_t block = block_rows(end - gemm.row_begin, step * static_cast<int64_t>(sizeof(T)));
  // One allocation: a rotated row, a scale for each row, the converted rows.
  const int64_t floats = align_up(4 * (step + block));
  char* const memory = args.scratch->get<char>(floats + block * step * static_cast<int64_t>(sizeof(T)));
  if (memory == nullptr) return out_of_memory("linear");
  float* const rotated = reinterpret_cast<float*>(memory);
  float* const scales = rotated + step;
  T* const rows = reinterpret_cast<T*>(memory + floats);
  auto* const c = static_cast<char*>(gemm.c);
  const float* const residual = gemm.residual;
  gemm.a = rows;
  gemm.lda = step;
  gemm.row_scale = scales;
  for (int64_t first = gemm.row_begin; first < end; first += block) {
    const int64_t count = std::min(block, end - first);
    convert(first, count, rows, step, rotated, scales);
    gemm.c = c + first * gemm.ldc * dtype_bytes(gemm.c_type);
    if (residual != nullptr) gemm.residual = residual + first * gemm.ldr;
    gemm.row_begin = 0;
    gemm.row_end = count;
    kernel(gemm);
    if (norms_at_once(args)) norm_rows(args, first, first + count);
  }
  return Status::ok();
}

// bf16 rows of x are A as they stand.
void run_in_place(const OpArgs& args, GemmArgs gemm) {
  const int64_t end = gemm.row_end;
  const int64_t block = block_rows(end - gemm.row_begin, gemm.lda * static_cast<int64_t>(sizeof(BF16)));
  for (int64_t first = gemm.row_begin; first < end; first += block) {
    gemm.row_begin = first;
    gemm.row_end = std::min(first + block, end);
    args.kernels->gemm_bf16(gemm);
    if (norms_at_once(args)) norm_rows(args, first, gemm.row_end);
  }
}

// As many rows as the kernel keeps sums of at once, so that each block's norm finds it in the cache.
constexpr int64_t kNormRows = 128;

void run_f32(const OpArgs& args, GemmArgs gemm) {
  if (!norms_at_once(args)) return args.kernels->gemm(gemm);
  const int64_t end = gemm.row_end;
  for (int64_t first = gemm.row_begin; first < end; first += kNormRows) {
    gemm.row_begin = first;
    gemm.row_end = std::min(first + kNormRows, end);
    args.kernels->gemm(gemm);
    norm_rows(args, first, gemm.row_end);
  }
}

Status run(const OpArgs& args) {
  const View& x = args.inputs[0];
  const KernelTable& kernels = *args.kernels;
  GemmArgs gemm;
  gemm.a = x.data;
  gemm.lda = x.row_stride;
  gemm.w = args.weights->matrix;
  gemm.column_scale = args.weights->column_scale;
  gemm.column_sum = args.weights->column_sum;
  gemm.far_weights = args.weights->far;
  gemm.bias = args.weights->bias;
  if (has_residual(args)) {
    gemm.residual = args.inputs[1].as<const float>();
    gemm.ldr = args.inputs[1].row_stride;
  }
  gemm.activation = args.attributes->activation;
  gemm.c = args.output.data;
  gemm.c_type = args.output.dtype;
  gemm.ldc = args.output.row_stride;
  gemm.row_end = x.rows();
  gemm.panel_end = gemm.w.panels();
  if (splits_rows(args)) {
    args.split(gemm.row_end, kRowGrain, &gemm.row_begin, &gemm.row_end);
  } else {
    args.split(gemm.panel_end, 1, &gemm.panel_begin, &gemm.panel_end);
  }
  if (gemm.row_begin >= gemm.row_end || gemm.panel_begin >= gemm.panel_end) return Status::ok();

  const auto row = [&](int64_t r) { return x.as<const float>() + r * x.row_stride; };
  switch (args.attributes->arithmetic) {
    case Arithmetic::bf16:
      if (x.dtype == DType::bf16) {
        run_in_place(args, gemm);
        return Status::ok();
      }
      return run_converted<BF16>(args, gemm, kernels.gemm_bf16,
                                 [&](int64_t first, int64_t count, BF16* rows, int64_t step, float*, float*) {
                                   kernels.quantize_bf16_rows(row(first), x.row_stride, count, gemm.w.k, rows, step);
                                 });
    case Arithmetic::i8:
      return run_converted<uint8_t>(
          args, gemm, kernels.gemm_i8,
          [&](int64_t first, int64_t count, uint8_t* rows, int64_t step, float* rotated, float* scales) {
            kernels.quantize_i8_rows(row(first), x.row_stride, count, gemm.w.k, rotated, rows, step, scales);
          });
    default:
      if (gemm.w.layout.parts > 0) {
        return run_converted<BF16, 3>(args, gemm, kernels.gemm_bf16,
                                      [&](int64_t first, int64_t count, BF16* rows, int64_t step, float*, float*) {
                                        kernels.split_bf16_rows(row(first), x.row_stride, count, gemm.w.k, rows, step);
                                      });
      }
      run_f32(args, gemm);
      return Status::ok();
  }
}

bool finishes(const OpArgs& args) { return args.attributes->norm != Norm::none && !norms_at_once(args); }

Status finish(const OpArgs& args) {
  int64_t begin, end;
  args.split(args.output.rows(), 1, &begin, &end);
  norm_rows(args, begin, end);
  return Status::ok();
}

}  // namespace

const OpDefinition linear_op = {"linear", check, run, finishes, finish};

}  // namespace vectral
