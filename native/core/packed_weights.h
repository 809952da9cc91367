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

// How to turn any weight type into f32 and how to lay it out: the part of an instruction set that packing needs.
struct PackingIsa {
  std::string name;
  PackLayout (*layout)(Arithmetic arithmetic, DType weights, int64_t n) = nullptr;
  void (*to_f32)(DType from, const void* x, float* y, int64_t n) = nullptr;
};

class PackedWeights {
 public:
  // The matrices `parts` [n_i, k] (f32, f16 or bf16), stacked to [sum of n_i, k] and packed on `threads` threads of the
  // pool. Parts of different types are widened to f32; otherwise they keep theirs. If the same parts are packed
  // anywhere in this process, that copy is shared. The parts need not live on.
  static Status of(const std::vector<Tensor>& parts, const PackingIsa& isa, int threads,
                   std::shared_ptr<const PackedWeights>* packed);

  ~PackedWeights();
  PackedWeights(const PackedWeights&) = delete;
  PackedWeights& operator=(const PackedWeights&) = delete;

  const PackedView& view() const { return view_; }
  int64_t bytes() const { return memory_.bytes(); }

 private:
  PackedWeights() = default;
  Status pack(const std::vector<Tensor>& parts, const PackingIsa& isa, int threads);

  std::string key_;
  AlignedMemory memory_;
  PackedView view_;
};

}  // namespace vectral
