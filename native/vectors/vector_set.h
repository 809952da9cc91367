// Words with a vector each: what every file of word vectors comes to, and what every trainer leaves.
#pragma once

#include <cstdint>
#include <vector>

#include "../core/storage.h"
#include "word_table.h"

namespace vectral {

struct VectorSet {
  WordTable words;
  Tensor vectors;               // [words, dim]: f32, f16, bf16 or i8
  std::vector<float> scales;    // of the rows of an i8 matrix: what their values are multiplied by
  std::vector<int64_t> counts;  // how often each word was seen; empty where nobody knows

  int32_t size() const { return words.size(); }
  int64_t dim() const { return vectors.shape.rank == 2 ? vectors.shape.dims[1] : 0; }
};

}  // namespace vectral
