// A set's rows in 8 bits: a quarter of the bytes to read, and still exactly the nearest rows are found.
//
// A row x stands here as s * a, a query q as t * b, both rotated (core/pack.h), which makes every product 16 times as
// large. With the rests e = x' - s * a and g = q' - t * b of the rotated ones,
//   |x . q - s * t * (a . b) / 16| <= (|e| * |q'| + |s * a| * |g|) / 16.
// A row whose estimate lies lower than the worst of the best so far by more than that is not among the best: its floats
// need not be read. The others, some tens of a million, are scored as they would be without the sketch.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../core/aligned_memory.h"
#include "../dispatch/kernels.h"

namespace vectral {

struct VectorSet;

struct Sketch {
  PackLayout layout;
  AlignedMemory packed;      // [size, dim] i8, as gemm_i8 wants it
  std::vector<float> scale;  // estimated cosine / (query's scale * sum of products); NaN where nothing is known
  std::vector<int32_t> sum;  // of each row's a
  std::vector<float> error;  // |e| / |x'| of a block of rows, the largest
  int64_t block_rows = 0;    // whole panels

  const void* block(int64_t b, int64_t dim) const {
    return static_cast<const int8_t*>(packed.data()) + packed_bytes(layout, b * block_rows, dim);
  }
};

// What gemm_i8 can add up (kernels/gemm_i8.inl.h).
constexpr int64_t kSketchDims = 65536;

// Null where there is no memory for it.
std::shared_ptr<const Sketch> make_sketch(const VectorSet& set, const KernelTable& kernels, int threads);

// Queries as gemm_i8 takes them.
struct SketchQueries {
  std::vector<uint8_t> q;     // [count, step]
  std::vector<float> scale;   // [count]
  std::vector<float> length;  // [count], |q|
  std::vector<float> error;   // [count], |g| / 4
  int64_t step = 0;

  SketchQueries(const KernelTable& kernels, const float* queries, int64_t count, int64_t dim);

  // By how much an estimate of a row in a block with `row_error` may be wrong, roundings of both sides included.
  float bound(int64_t query, float row_error, int64_t dim) const;
};

}  // namespace vectral
