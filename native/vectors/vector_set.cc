#include "vector_set.h"

#include <cmath>

#include "../core/thread_pool.h"
#include "sketch.h"

namespace vectral {

void VectorSet::read_rows(const KernelTable& kernels, int64_t begin, int64_t end, float* y) const {
  const auto* const bytes = static_cast<const uint8_t*>(vectors.storage->data());
  kernels.to_f32(vectors.dtype, bytes + begin * dim() * dtype_bytes(vectors.dtype), y, (end - begin) * dim());
  if (vectors.dtype != DType::i8) return;
  for (int64_t r = begin; r < end; ++r) {
    float* const row = y + (r - begin) * dim();
    kernels.scale(row, scales[static_cast<size_t>(r)], row, dim());
  }
}

const std::vector<float>& VectorSet::inverse_lengths(const KernelTable& kernels, int threads) const {
  std::call_once(measured_, [&] {
    inverse_lengths_.resize(static_cast<size_t>(size()));
    ThreadPool::instance().run(threads, [&](int thread, int count, bool) {
      std::vector<float> row(static_cast<size_t>(dim()));
      const int64_t rows = size();
      for (int64_t r = rows * thread / count; r < rows * (thread + 1) / count; ++r) {
        read_rows(kernels, r, r + 1, row.data());
        // In double: the squares of small floats would vanish.
        double sum = 0;
        for (const float x : row) sum += static_cast<double>(x) * x;
        inverse_lengths_[static_cast<size_t>(r)] = sum > 0 ? static_cast<float>(1 / std::sqrt(sum)) : 0;
      }
    });
  });
  return inverse_lengths_;
}

const Sketch* VectorSet::sketch(const KernelTable& kernels, int threads) const {
  std::call_once(sketched_, [&] {
    if (dim() <= kSketchDims) sketch_ = make_sketch(*this, kernels, threads);
  });
  return sketch_.get();
}

}  // namespace vectral
