// The table of kernels: every row is one function that each ISA may provide. What an ISA leaves out comes from its
// parent, so no entry is ever empty. Contracts stand with the algorithms in native/kernels/*.inl.h.
//
// Common rules: pointers may be unaligned; x and y may be the same address (never partly overlapping); ld* is the step
// between rows in elements; no kernel allocates, throws or keeps state; sizes of zero are legal. Every result depends
// only on its own row's inputs and the ISA, never on how rows were cut into tiles or threads.
#pragma once

#include <cstdint>

#include "../core/dtype.h"
#include "../core/half.h"
#include "../core/pack.h"

namespace vectral {

enum class Activation : uint8_t { none, gelu, gelu_tanh, relu, silu, tanh, sigmoid };

// C = activation(A * W^T + bias) + residual, for rows [row_begin, row_end) and panels [panel_begin, panel_end) of W.
struct GemmArgs {
  // [m, k], step lda: f32 for gemm, bf16 for gemm_bf16, u8 for gemm_i8. The latter two as quantize_*_rows write them, k
  // padded; where W has parts as split_bf16_rows does.
  const void* a = nullptr;
  int64_t lda = 0;
  PackedView w;                     // packed from [n, k]: f32, f16 or bf16 for gemm, bf16, i8
  const float* bias = nullptr;      // [n], or none
  const float* residual = nullptr;  // [m, n], step ldr, or none; may be C
  int64_t ldr = 0;
  Activation activation = Activation::none;
  void* c = nullptr;  // [m, n], step ldc
  int64_t ldc = 0;
  DType c_type = DType::f32;  // or bf16, for gemm_bf16
  int64_t row_begin = 0, row_end = 0;
  int64_t panel_begin = 0, panel_end = 0;
  bool far_weights = false;  // W is likely outside L2: fetch it ahead
  // gemm_i8 only: A[m, k] stands for row_scale[m] * (a - 128), W[n, k] for column_scale[n] * w.
  const float* row_scale = nullptr;     // [m]
  const float* column_scale = nullptr;  // [n]
  const int32_t* column_sum = nullptr;  // [n], of w over k
};

// Attention of rows [row_begin, row_end) of one head of one sequence. All pointers are at the sequence's first row and
// the head's first column.
struct AttentionArgs {
  const float *q = nullptr, *k = nullptr,
              *v = nullptr;  // k, v [length, width], q [row_end, width], steps ldq, ldk, ldv
  int64_t ldq = 0, ldk = 0, ldv = 0;
  int64_t length = 0, width = 0;
  float scale = 1;
  const float* bias = nullptr;  // [row_end, length], step ldb, or none: added to the scaled scores
  int64_t ldb = 0;
  bool causal = false;
  float* out = nullptr;  // [row_end, width], step ldo; not q, k or v
  int64_t ldo = 0;
  int64_t row_begin = 0, row_end = 0;
  float* scratch = nullptr;  // attention_scratch floats, filled by attention_pack
};

// peak_*(numbers, turns): multiplies and adds as gemm, gemm_bf16 and gemm_i8 do, with operands that stay in registers:
// `turns` (at most 2^16) times as many as a tile of sums takes at once. `numbers` are kPeakNumbers bytes of the
// arithmetic's type, for i8 from 1 to 7. A multiply-add is two operations.
constexpr int64_t kPeakNumbers = 1024;  // enough for the widest register of any instruction set, tiles included

// Outputs that word_step takes together: with their changes they fill the registers of AVX2.
constexpr int64_t kWordStepOutputs = 6;

// KERNEL(return type, name, (arguments))
#define VECTRAL_KERNELS(KERNEL)                                                                                        \
  /* layout this ISA's gemm wants for such weights; `n` lets narrow matrices choose a narrow panel */                  \
  KERNEL(PackLayout, gemm_layout, (Arithmetic arithmetic, DType weights, int64_t n))                                   \
  KERNEL(void, gemm, (const GemmArgs& args))                                                                           \
  KERNEL(void, gemm_bf16, (const GemmArgs& args))                                                                      \
  KERNEL(void, gemm_i8, (const GemmArgs& args))                                                                        \
  /* rows of x as the operand A of gemm_bf16 and gemm_i8, k padded to whole groups of 2 and 4 */                       \
  KERNEL(void, quantize_bf16_rows, (const float* x, int64_t ldx, int64_t rows, int64_t k, BF16* q, int64_t ldq))       \
  KERNEL(void, split_bf16_rows, (const float* x, int64_t ldx, int64_t rows, int64_t k, BF16* q, int64_t ldq))          \
  KERNEL(                                                                                                              \
      void, quantize_i8_rows,                                                                                          \
      (const float* x, int64_t ldx, int64_t rows, int64_t k, float* rotated, uint8_t* q, int64_t ldq, float* scale))   \
  /* rows of W as one panel of such a layout */                                                                        \
  KERNEL(void, pack_panel,                                                                                             \
         (const PackLayout& layout, const void* rows, int64_t row_bytes, int64_t height, int64_t k, void* packed))     \
  /* y[i] = f(x[i]) */                                                                                                 \
  KERNEL(void, activate, (Activation f, const float* x, float* y, int64_t n))                                          \
  KERNEL(void, add, (const float* a, const float* b, float* y, int64_t n))                                             \
  KERNEL(void, mul, (const float* a, const float* b, float* y, int64_t n))                                             \
  KERNEL(void, scale, (const float* x, float factor, float* y, int64_t n))                                             \
  /* one row at a time, over `cols` */                                                                                 \
  KERNEL(void, layer_norm,                                                                                             \
         (const float* x, int64_t ldx, const float* gamma, const float* beta, float eps, float* y, int64_t ldy,        \
          int64_t rows, int64_t cols))                                                                                 \
  KERNEL(                                                                                                              \
      void, rms_norm,                                                                                                  \
      (const float* x, int64_t ldx, const float* gamma, float eps, float* y, int64_t ldy, int64_t rows, int64_t cols)) \
  KERNEL(void, softmax, (const float* x, int64_t ldx, float* y, int64_t ldy, int64_t rows, int64_t cols))              \
  KERNEL(void, l2_normalize,                                                                                           \
         (const float* x, int64_t ldx, float eps, float* y, int64_t ldy, int64_t rows, int64_t cols))                  \
  /* floats of scratch for a head; its keys into scratch, once a head; then any rows of the head */                    \
  KERNEL(int64_t, attention_scratch, (int64_t length, int64_t width))                                                  \
  KERNEL(void, attention_pack, (const AttentionArgs& args))                                                            \
  KERNEL(void, attention, (const AttentionArgs& args))                                                                 \
  /* the same, where bf16 is exact enough for q, k, v and weights and an instruction set gains by it; never causal */  \
  KERNEL(int64_t, attention_bf16_scratch, (int64_t length, int64_t width))                                             \
  KERNEL(void, attention_bf16_pack, (const AttentionArgs& args))                                                       \
  KERNEL(void, attention_bf16, (const AttentionArgs& args))                                                            \
  /* y[cols] = reduction over rows: sum, maximum, and sum of (first + row) * x[row] */                                 \
  KERNEL(void, sum_rows, (const float* x, int64_t ldx, int64_t rows, int64_t cols, float* y))                          \
  KERNEL(void, max_rows, (const float* x, int64_t ldx, int64_t rows, int64_t cols, float* y))                          \
  KERNEL(void, position_sum_rows, (const float* x, int64_t ldx, int64_t first, int64_t rows, int64_t cols, float* y))  \
  /* y[r] = x[r] . q, rows of f32, f16 or bf16 */                                                                      \
  KERNEL(void, dot_rows,                                                                                               \
         (DType type, const void* x, int64_t ldx, int64_t rows, int64_t cols, const float* q, float* y))               \
  /* a step of learning word vectors; see kWordStepOutputs */                                                          \
  KERNEL(void, word_step,                                                                                              \
         (const float* const* inputs, float* const* changed, int64_t m, float* const* outputs, const float* labels,    \
          int64_t n, float rate, int64_t dim, float* scores))                                                          \
  KERNEL(void, word_change,                                                                                            \
         (const float* input, float* changed, float* const* outputs, const float* factors, int64_t n, int64_t dim))    \
  /* a step of learning word vectors from how often two words come together; gives by how much they miss it */         \
  KERNEL(float, glove_step,                                                                                            \
         (float* w, float* gw, float* c, float* gc, float offset, float weight, float eta, float clip, int64_t dim))   \
  /* y[cols] = sum of the rows of x that are listed; and y, times a factor if there are any, added to each of them */  \
  KERNEL(void, gather_rows, (const float* x, int64_t ldx, const int32_t* rows, int64_t n, int64_t cols, float* y))     \
  KERNEL(void, scatter_rows,                                                                                           \
         (const float* y, const float* factors, float* x, int64_t ldx, const int32_t* rows, int64_t n, int64_t cols))  \
  /* conversions: from any dtype to f32, and from f32 to f32, f16 or bf16 (nearest even) */                            \
  KERNEL(void, to_f32, (DType from, const void* x, float* y, int64_t n))                                               \
  KERNEL(void, from_f32, (DType to, const float* x, void* y, int64_t n))                                               \
  /* the multiply-adds of the gemms without their loads, see kPeakNumbers; gives the operations done */                \
  KERNEL(int64_t, peak_f32, (const void* numbers, int64_t turns))                                                      \
  KERNEL(int64_t, peak_bf16, (const void* numbers, int64_t turns))                                                     \
  KERNEL(int64_t, peak_i8, (const void* numbers, int64_t turns))                                                       \
  /* loads all of x, n a multiple of 128, some times over and does nothing with it */                                  \
  KERNEL(void, read_floats, (const float* x, int64_t n, int64_t times))

struct KernelTable {
#define VECTRAL_FIELD(ret, name, args) ret(*name) args = nullptr;
  VECTRAL_KERNELS(VECTRAL_FIELD)
#undef VECTRAL_FIELD
};

}  // namespace vectral
