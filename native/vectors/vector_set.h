// Words with a vector each: what every file of word vectors comes to, and what every trainer leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "../core/storage.h"
#include "../dispatch/kernels.h"
#include "word_table.h"

namespace vectral {

struct Sketch;

struct VectorSet {
  WordTable words;
  Tensor vectors;               // [words, dim]: f32, f16, bf16 or i8
  std::vector<float> scales;    // of the rows of an i8 matrix: what their values are multiplied by
  std::vector<int64_t> counts;  // how often each word was seen; empty where nobody knows

  int32_t size() const { return words.size(); }
  int64_t dim() const { return vectors.shape.rank == 2 ? vectors.shape.dims[1] : 0; }
  // Rows [begin, end) as floats, y[(end - begin) * dim].
  void read_rows(const KernelTable& kernels, int64_t begin, int64_t end, float* y) const;
  // 1 / length of each row, 0 for a row of zeros; worked out when first asked for.
  const std::vector<float>& inverse_lengths(const KernelTable& kernels, int threads) const;
  // Made when first asked for; null where it cannot be.
  const Sketch* sketch(const KernelTable& kernels, int threads) const;

 private:
  mutable std::once_flag measured_;
  mutable std::vector<float> inverse_lengths_;
  mutable std::once_flag sketched_;
  mutable std::shared_ptr<const Sketch> sketch_;
};

}  // namespace vectral
