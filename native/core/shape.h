// Sizes of a tensor, with the arithmetic on them that must not overflow.
#pragma once

#include <cstdint>
#include <string>

#include "view.h"

namespace vectral {

// More elements than any machine can hold, few enough that bytes and row offsets never overflow 64 bits.
constexpr int64_t kMaxElements = int64_t{1} << 46;

struct Shape {
  int32_t rank = 0;
  int64_t dims[kMaxRank] = {};
};

// Product of the sizes; false if one is negative or the product exceeds kMaxElements (zeros counted as ones, so that
// every partial product is safe too).
bool element_count(const int64_t* dims, int rank, int64_t* count);

// "[2, 384]"
std::string shape_text(const int64_t* dims, int rank);

// A contiguous view.
View make_view(void* data, DType dtype, const Shape& shape);

}  // namespace vectral
