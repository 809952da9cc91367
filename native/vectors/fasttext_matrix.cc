#include "fasttext_matrix.h"

namespace vectral {
namespace {

// Calls use(i, value) for each number of a quantised row.
template <typename Use>
void each_value(const FastTextMatrix& m, int64_t row, const Use& use) {
  const float norm = m.qnorm ? m.norm_pq.centroid(0, m.norm_codes[row])[0] : 1;
  const uint8_t* const codes = m.codes + row * m.pq.nsubq;
  int64_t at = 0;
  for (int32_t piece = 0; piece < m.pq.nsubq; ++piece) {
    const float* const centroid = m.pq.centroid(piece, codes[piece]);
    const int32_t width = piece == m.pq.nsubq - 1 ? m.pq.lastdsub : m.pq.dsub;
    for (int32_t i = 0; i < width; ++i) use(at++, norm * centroid[i]);
  }
}

float float_at(const uint8_t* values, int64_t i) {
  float value;
  std::memcpy(&value, values + i * 4, sizeof value);
  return value;
}

}  // namespace

FastTextMatrix FastTextMatrix::of(TrainedMatrix* trained) {
  FastTextMatrix matrix;
  matrix.rows = trained->rows();
  matrix.dim = trained->dim();
  const std::shared_ptr<Storage> storage = trained->pack();
  matrix.values = static_cast<const uint8_t*>(storage->data());
  matrix.keeper = storage;
  return matrix;
}

void FastTextMatrix::add_row(int64_t row, float* sum) const {
  if (quantized) return each_value(*this, row, [sum](int64_t i, float value) { sum[i] += value; });
  const uint8_t* const x = values + row * dim * 4;
  for (int64_t i = 0; i < dim; ++i) sum[i] += float_at(x, i);
}

float FastTextMatrix::dot_row(int64_t row, const float* x) const {
  float dot = 0;
  if (quantized) {
    each_value(*this, row, [x, &dot](int64_t i, float value) { dot += x[i] * value; });
    return dot;
  }
  const uint8_t* const y = values + row * dim * 4;
  for (int64_t i = 0; i < dim; ++i) dot += x[i] * float_at(y, i);
  return dot;
}

}  // namespace vectral
