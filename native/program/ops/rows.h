// Moving whole rows of any element type.
#pragma once

#include <cstring>

#include "../../core/view.h"

namespace vectral {

// Address of element `column` of row `row`.
inline char* element(const View& view, int64_t row, int64_t column) {
  return view.as<char>() + (row * view.row_stride + column) * dtype_bytes(view.dtype);
}

inline void copy_elements(const View& from, int64_t from_row, int64_t from_column, const View& to, int64_t to_row,
                          int64_t to_column, int64_t count) {
  std::memcpy(element(to, to_row, to_column), element(from, from_row, from_column),
              static_cast<size_t>(count * dtype_bytes(to.dtype)));
}

// Product of the sizes of axes [begin, end).
inline int64_t axes_product(const View& view, int begin, int end) {
  int64_t product = 1;
  for (int i = begin; i < end; ++i) product *= view.shape[i];
  return product;
}

}  // namespace vectral
