// The rows of a set that are nearest to given vectors, by cosine.
#pragma once

#include <cstdint>
#include <vector>

#include "../dispatch/kernels.h"
#include "vector_set.h"

namespace vectral {

struct Neighbours {
  std::vector<int32_t> places;  // [queries, topn], best first; equal scores in the order of the set
  std::vector<float> scores;    // [queries, topn], cosines; 0 for a row of zeros
};

// queries [count, dim], of length 1 each. Looks at rows [0, rows); topn <= rows.
Neighbours nearest(const VectorSet& set, const KernelTable& kernels, const float* queries, int64_t count, int64_t topn,
                   int64_t rows, int threads);

// The cosines of rows [0, rows) with one query of length 1.
void cosines(const VectorSet& set, const KernelTable& kernels, const float* query, int64_t rows, int threads,
             float* scores);

}  // namespace vectral
