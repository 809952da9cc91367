#include "sketch.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "../core/thread_pool.h"
#include "vector_set.h"

namespace vectral {
namespace {

// About so many rows' estimates and bytes stay in the cache between being written and read.
constexpr int64_t kBlockRows = 512;
// Of rows shorter or longer than these, products could leave the floats: nothing is said of them.
constexpr float kShortest = 1e-30f, kLongest = 1e30f;
// Rotating doubles each length twice.
constexpr float kLengthGain = 4;

// Length of x - scale * (q - 128), from above. `rest` takes k floats.
float rest_length(const KernelTable& kernels, const float* x, const uint8_t* q, float scale, int64_t k, float* rest) {
  for (int64_t i = 0; i < k; ++i) rest[i] = x[i] - scale * static_cast<float>(static_cast<int32_t>(q[i]) - 128);
  float square = 0;
  kernels.dot_rows(DType::f32, rest, k, 1, k, rest, &square);
  return 1.001f * std::sqrt(square);
}

void fill_block(const VectorSet& set, const KernelTable& kernels, const std::vector<float>& inverse, int64_t block,
                Sketch* sketch) {
  const int64_t dim = set.dim(), step = (dim + 3) / 4 * 4;
  const int64_t first = block * sketch->block_rows, last = std::min<int64_t>(first + sketch->block_rows, set.size());
  std::vector<float> row(static_cast<size_t>(dim)), rotated(row.size()), rest(row.size());
  std::vector<uint8_t> quantized(static_cast<size_t>(step));
  std::vector<int8_t> panel(static_cast<size_t>(sketch->layout.panel * dim));
  auto* out = static_cast<int8_t*>(sketch->packed.data()) + packed_bytes(sketch->layout, first, dim);
  float error = 0;
  for (int64_t r = first; r < last; r += sketch->layout.panel) {
    const int64_t height = std::min<int64_t>(sketch->layout.panel, last - r);
    for (int64_t i = 0; i < height; ++i) {
      const auto at = static_cast<size_t>(r + i);
      set.read_rows(kernels, r + i, r + i + 1, row.data());
      float scale = 0;
      kernels.quantize_i8_rows(row.data(), dim, 1, dim, rotated.data(), quantized.data(), step, &scale);
      int32_t sum = 0;
      for (int64_t c = 0; c < dim; ++c) {
        const int32_t value = static_cast<int32_t>(quantized[static_cast<size_t>(c)]) - 128;
        panel[static_cast<size_t>(i * dim + c)] = static_cast<int8_t>(value);
        sum += value;
      }
      sketch->sum[at] = sum;
      const float length = 1 / inverse[at];
      if (inverse[at] == 0 || (length > kShortest && length < kLongest && scale == scale)) {
        sketch->scale[at] = scale * inverse[at] / kRotationGain;
        error = std::max(error, rest_length(kernels, rotated.data(), quantized.data(), scale, dim, rest.data()) *
                                    inverse[at] / kLengthGain);
      } else {
        sketch->scale[at] = std::numeric_limits<float>::quiet_NaN();
      }
    }
    kernels.pack_panel(sketch->layout, panel.data(), dim, height, dim, out);
    out += packed_bytes(sketch->layout, sketch->layout.panel, dim);
  }
  sketch->error[static_cast<size_t>(block)] = error;
}

}  // namespace

std::shared_ptr<const Sketch> make_sketch(const VectorSet& set, const KernelTable& kernels, int threads) {
  auto sketch = std::make_shared<Sketch>();
  const int64_t size = set.size();
  sketch->layout = kernels.gemm_layout(Arithmetic::i8, DType::i8, size);
  sketch->packed = AlignedMemory(packed_bytes(sketch->layout, size, set.dim()));
  if (sketch->packed.data() == nullptr) return nullptr;
  const int64_t panel = sketch->layout.panel;
  sketch->block_rows = std::max<int64_t>(kBlockRows / panel, 1) * panel;
  const int64_t blocks = (size + sketch->block_rows - 1) / sketch->block_rows;
  sketch->scale.resize(static_cast<size_t>(size));
  sketch->sum.resize(static_cast<size_t>(size));
  sketch->error.resize(static_cast<size_t>(blocks));
  const std::vector<float>& inverse = set.inverse_lengths(kernels, threads);
  ThreadPool::instance().run(threads, [&](int thread, int count, bool) {
    for (int64_t b = blocks * thread / count; b < blocks * (thread + 1) / count; ++b) {
      fill_block(set, kernels, inverse, b, sketch.get());
    }
  });
  return sketch;
}

SketchQueries::SketchQueries(const KernelTable& kernels, const float* queries, int64_t count, int64_t dim)
    : step((dim + 3) / 4 * 4) {
  q.resize(static_cast<size_t>(count * step));
  scale.resize(static_cast<size_t>(count));
  std::vector<float> rotated(static_cast<size_t>(dim)), rest(rotated.size());
  for (int64_t i = 0; i < count; ++i) {
    const float* const x = queries + i * dim;
    uint8_t* const to = q.data() + i * step;
    float& factor = scale[static_cast<size_t>(i)];
    kernels.quantize_i8_rows(x, dim, 1, dim, rotated.data(), to, step, &factor);
    error.push_back(rest_length(kernels, rotated.data(), to, factor, dim, rest.data()) / kLengthGain);
    float square = 0;
    kernels.dot_rows(DType::f32, x, dim, 1, dim, x, &square);
    length.push_back(1.001f * std::sqrt(square));
  }
}

float SketchQueries::bound(int64_t query, float row_error, int64_t dim) const {
  const auto i = static_cast<size_t>(query);
  // A sum of `dim` products loses at most dim * 2^-24 of the lengths' product; the rest is a few roundings.
  const float roundings = length[i] * (1e-5f + 2.5e-7f * static_cast<float>(dim));
  return row_error * length[i] + (1 + row_error) * error[i] + roundings;
}

}  // namespace vectral
