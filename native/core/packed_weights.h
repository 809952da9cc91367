// Weight matrices in the layout a GEMM wants, one copy for the whole process.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "aligned_memory.h"
#include "pack.h"
#include "status.h"
#include "storage.h"

namespace vectral {

// How to turn any weight type into another and how to lay it out: the part of an instruction set that packing needs.
// The functions are the kernels of the same names (dispatch/kernels.h).
struct PackingIsa {
  std::string name;
  PackLayout (*gemm_layout)(Arithmetic arithmetic, DType weights, int64_t n) = nullptr;
  void (*to_f32)(DType from, const void* x, float* y, int64_t n) = nullptr;
  void (*from_f32)(DType to, const float* x, void* y, int64_t n) = nullptr;
  void (*quantize_i8_rows)(const float* x, int64_t ldx, int64_t rows, int64_t k, float* rotated, uint8_t* q,
                           int64_t ldq, float* scale) = nullptr;
};

class PackedWeights {
 public:
  // The matrices `parts` [n_i, k] (f32, f16 or bf16), stacked to [sum of n_i, k] and packed on `threads` threads of the
  // pool. For f32 arithmetic parts of different types are widened to f32 and otherwise keep theirs; for bf16 they are
  // rounded to bf16; for f32_weights they may be cut into bf16 parts (PackLayout::parts), as for f32 otherwise; for i8
  // each row is divided by its own scale. If the same parts are packed for the same arithmetic anywhere in this
  // process, that copy is shared. The parts need not live on.
  static Status of(const std::vector<Tensor>& parts, Arithmetic arithmetic, const PackingIsa& isa, int threads,
                   std::shared_ptr<const PackedWeights>* packed);

  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  const PackedView& view() const { return view_; }
  // i8 only, otherwise empty: row n of the matrix stands for column_scale[n] times its elements, whose sum is
  // column_sum[n].
  const std::vector<float>& column_scale() const { return column_scale_; }
  const std::vector<int32_t>& column_sum() const { return column_sum_; }
  int64_t bytes() const { return memory_.bytes(); }

 private:
  PackedWeights() = default;
  Status pack(const std::vector<Tensor>& parts, const PackingIsa& isa, int threads);
  // Rows [first, first + count) of the stacked parts, row-major, in the type of the packed matrix. `wide` holds f32
  // rows, and is the result where the layout has parts.
  void gather_rows(const std::vector<Tensor>& parts, const PackingIsa& isa, int64_t first, int64_t count, float* wide,
                   void* rows);

  std::string key_;
  AlignedMemory memory_;
  PackedView view_;
  std::vector<float> column_scale_;
  std::vector<int32_t> column_sum_;
};

}  // namespace vectral
