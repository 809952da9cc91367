// Weight matrices in the layout a GEMM wants, one copy for the whole process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aligned_memory.h"
#include "pack.h"
#include "status.h"
#include "storage.h"

namespace vectral {

using QuantizeRows = void (*)(const float* x, int64_t ldx, int64_t rows, int64_t k, float* rotated, uint8_t* q,
                              int64_t ldq, float* scale);

// Rows of weights as i8 arithmetic takes them: rotated, q [count, k], and a scale for each.
void quantize_weight_rows(QuantizeRows quantize, const float* x, int64_t count, int64_t k, int8_t* q, float* scale);

// Such a row as floats again. `spare` holds widen_spare(k) floats.
void widen_weight_row(QuantizeRows quantize, const int8_t* q, float scale, int64_t k, float* x, float* spare);
constexpr int64_t widen_spare(int64_t k) { return k + (k + 3) / 4; }

// How to turn any weight type into another and how to lay it out: the part of an instruction set that packing needs.
// The functions are the kernels of the same names (dispatch/kernels.h).
struct PackingIsa {
  std::string name;
  PackLayout (*gemm_layout)(Arithmetic arithmetic, DType weights, int64_t n) = nullptr;
  void (*pack_panel)(const PackLayout& layout, const void* rows, int64_t row_bytes, int64_t height, int64_t k,
                     void* packed) = nullptr;
  void (*to_f32)(DType from, const void* x, float* y, int64_t n) = nullptr;
  void (*from_f32)(DType to, const float* x, void* y, int64_t n) = nullptr;
  QuantizeRows quantize_i8_rows = nullptr;
};

// A packed matrix is one block of memory: its panels, then what its arithmetic needs beside them.
struct PackedSection {
  const char* name;
  int64_t begin = 0;  // bytes from the start of the block, a multiple of 64
  int64_t bytes = 0;
};

// A matrix [n, k]: f32, f16 or bf16, or i8 with a scale [n], which was quantized before as packing for i8 does it: row
// r stands for scale[r] times its elements, rotated (kernels/quantize.inl.h).
struct WeightPart {
  Tensor weight;
  std::optional<Tensor> scale;

  WeightPart(Tensor w, std::optional<Tensor> s = std::nullopt) : weight(std::move(w)), scale(std::move(s)) {}
};

// A matrix to be packed: the parts [n_i, k], stacked to [sum of n_i, k].
struct PackingRequest {
  std::vector<WeightPart> parts;
  PackingIsa isa;
  PackLayout layout;
  int64_t n = 0;
  int64_t k = 0;
  std::vector<PackedSection> sections;

  // For f32 arithmetic parts of different types are widened to f32 and otherwise keep theirs; for bf16 they are rounded
  // to bf16; for f32_weights they may be cut into bf16 parts (PackLayout::parts), as for f32 otherwise; for i8 each row
  // is divided by its own scale, which i8 parts have been already; for all other arithmetic those are widened to f32.
  static Status make(std::vector<WeightPart> parts, Arithmetic arithmetic, const PackingIsa& isa,
                     PackingRequest* request);

  int64_t bytes() const { return sections.back().begin + sections.back().bytes; }
};

// A block that was packed before, somewhere inside a file; data is null where there is none.
struct SavedBlock {
  std::shared_ptr<const MappedFile> file;
  const uint8_t* data = nullptr;
};

class PackedWeights {
 public:
  // If the same parts are packed for the same arithmetic anywhere in this process, that copy is shared. Otherwise the
  // block is the one that `saved` finds, if there is such a function and it finds one; otherwise it is packed on
  // `threads` threads of the pool. The parts need not live on.
  static Status of(const PackingRequest& request, int threads, const std::function<SavedBlock()>& saved,
                   std::shared_ptr<const PackedWeights>* packed);

  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  const PackedView& view() const { return view_; }
  // i8 only, otherwise null: row n of the matrix stands for column_scale[n] times its elements, whose sum is
  // column_sum[n].
  const float* column_scale() const { return column_scale_; }
  const int32_t* column_sum() const { return column_sum_; }
  // The whole block.
  const uint8_t* data() const { return static_cast<const uint8_t*>(view_.data); }
  int64_t bytes() const { return bytes_; }
  // The file the block lies in; null if it was packed by this process.
  const std::shared_ptr<const MappedFile>& file() const { return file_; }

 private:
  PackedWeights() = default;
  Status pack(const PackingRequest& request, int threads);
  void point_into(const PackingRequest& request, const uint8_t* block);

  std::string key_;
  AlignedMemory memory_;
  std::shared_ptr<const MappedFile> file_;
  int64_t bytes_ = 0;
  PackedView view_;
  const float* column_scale_ = nullptr;
  const int32_t* column_sum_ = nullptr;
};

}  // namespace vectral
