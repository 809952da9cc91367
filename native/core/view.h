// A tensor as kernels and operations see it: an address, a shape, a row stride. Owns nothing.
#pragma once

#include <cstdint>

#include "dtype.h"

namespace vectral {

constexpr int kMaxRank = 6;

// Row-major. Only the step between rows may differ from the width: column slices of a wider matrix are
// views (a merged QKV projection is read in place), everything else is contiguous.
struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  int32_t rank = 0;
  int64_t shape[kMaxRank] = {};
  int64_t row_stride = 0;  // elements from one row to the next, >= cols()

  int64_t cols() const { return rank == 0 ? 1 : shape[rank - 1]; }
  int64_t rows() const {
    int64_t n = 1;
    for (int i = 0; i + 1 < rank; ++i) n *= shape[i];
    return n;
  }
  int64_t size() const { return rows() * cols(); }
  bool contiguous() const { return row_stride == cols() || rows() <= 1; }

  template <typename T>
  T* as() const {
    return static_cast<T*>(data);
  }
};

}  // namespace vectral
