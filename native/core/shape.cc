#include "shape.h"

#include <algorithm>

namespace vectral {

bool element_count(const int64_t* dims, int rank, int64_t* count) {
  int64_t product = 1;
  bool empty = false;
  for (int i = 0; i < rank; ++i) {
    if (dims[i] < 0) return false;
    empty = empty || dims[i] == 0;
    const int64_t factor = std::max<int64_t>(dims[i], 1);
    if (product > kMaxElements / factor) return false;
    product *= factor;
  }
  *count = empty ? 0 : product;
  return true;
}

std::string shape_text(const int64_t* dims, int rank) {
  std::string text = "[";
  for (int i = 0; i < rank; ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(dims[i]);
  }
  return text + "]";
}

View make_view(void* data, DType dtype, const Shape& shape) {
  View view;
  view.data = data;
  view.dtype = dtype;
  view.rank = shape.rank;
  std::copy(shape.dims, shape.dims + kMaxRank, view.shape);
  view.row_stride = view.cols();
  return view;
}

}  // namespace vectral
