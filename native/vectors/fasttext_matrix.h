// A matrix of a fastText model, read where it lies: floats or codes of a product quantiser (Jégou et al. 2011), in a
// mapped file whose layout aligns nothing. Numbers are copied byte by byte for that reason; compilers make one load of
// it.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "trained_matrix.h"

namespace vectral {

// 256 centroids for each piece of a vector: nsubq - 1 pieces of dsub numbers and one of lastdsub.
struct ProductQuantizer {
  int32_t dim = 0, nsubq = 0, dsub = 0, lastdsub = 0;
  std::vector<float> centroids;  // [dim * 256]

  const float* centroid(int32_t piece, uint8_t code) const {
    const int64_t width = piece == nsubq - 1 ? lastdsub : dsub;
    return centroids.data() + int64_t{piece} * 256 * dsub + code * width;
  }
};

struct FastTextMatrix {
  int64_t rows = 0, dim = 0;
  std::shared_ptr<const void> keeper;  // of what the pointers below point into
  const uint8_t* values = nullptr;     // [rows, dim] f32, or null where the matrix is quantised
  bool quantized = false, qnorm = false;
  const uint8_t* codes = nullptr;       // [rows, pq.nsubq]
  const uint8_t* norm_codes = nullptr;  // [rows], where qnorm
  ProductQuantizer pq, norm_pq;

  // Of a trained one, in the same memory: nothing can be learnt there after that.
  static FastTextMatrix of(TrainedMatrix* trained);

  void add_row(int64_t row, float* sum) const;
  float dot_row(int64_t row, const float* x) const;
};

}  // namespace vectral
