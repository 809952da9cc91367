#include "fasttext_step.h"

#include <algorithm>
#include <cmath>

namespace vectral {
namespace {

float dot(const float* a, const float* b, int64_t n) {
  // Sums side by side: one alone would wait for each addition.
  constexpr int64_t kSums = 16;
  float sums[kSums] = {};
  int64_t i = 0;
  for (; i + kSums <= n; i += kSums) {
    for (int64_t j = 0; j < kSums; ++j) sums[j] += a[i + j] * b[i + j];
  }
  float sum = 0;
  for (; i < n; ++i) sum += a[i] * b[i];
  for (const float s : sums) sum += s;
  return sum;
}

void add_scaled(const float* x, float factor, float* y, int64_t n) {
  for (int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

}  // namespace

FastTextStep::FastTextStep(float* input, float* output, int64_t dim)
    : input_(input),
      output_(output),
      dim_(dim),
      hidden_(static_cast<size_t>(dim)),
      gradient_(static_cast<size_t>(dim)) {}

void FastTextStep::begin(const std::vector<int32_t>& rows) {
  std::fill(hidden_.begin(), hidden_.end(), 0.0f);
  std::fill(gradient_.begin(), gradient_.end(), 0.0f);
  for (const int32_t row : rows) add_scaled(input_ + row * dim_, 1, hidden_.data(), dim_);
  for (float& x : hidden_) x /= static_cast<float>(rows.size());
}

void FastTextStep::move(int32_t row, float alpha) {
  // In one pass over the row, which is read once; no two of the arrays overlap.
  float* __restrict const weights = output_ + row * dim_;
  float* __restrict const gradient = gradient_.data();
  const float* __restrict const hidden = hidden_.data();
  for (int64_t i = 0; i < dim_; ++i) {
    gradient[i] += alpha * weights[i];
    weights[i] += alpha * hidden[i];
  }
}

float FastTextStep::logistic(int32_t row, bool label, float lr) {
  const float x = dot(output_ + row * dim_, hidden_.data(), dim_);
  move(row, lr * ((label ? 1.0f : 0.0f) - 1 / (1 + std::exp(-x))));
  // -log sigmoid(±x), without the overflow of exp
  const float y = label ? x : -x;
  return std::log1p(std::exp(-std::fabs(y))) + std::max(-y, 0.0f);
}

float FastTextStep::softmax(int32_t target, int32_t classes, float lr) {
  scores_.resize(static_cast<size_t>(classes));
  for (int32_t i = 0; i < classes; ++i) {
    scores_[static_cast<size_t>(i)] = dot(output_ + i * dim_, hidden_.data(), dim_);
  }
  const float most = *std::max_element(scores_.begin(), scores_.end());
  float sum = 0;
  for (float& score : scores_) sum += score = std::exp(score - most);
  const float loss = -std::log(scores_[static_cast<size_t>(target)] / sum);
  for (int32_t i = 0; i < classes; ++i) {
    move(i, lr * ((i == target ? 1.0f : 0.0f) - scores_[static_cast<size_t>(i)] / sum));
  }
  return loss;
}

void FastTextStep::finish(const std::vector<int32_t>& rows, bool divide) {
  const float factor = divide ? 1 / static_cast<float>(rows.size()) : 1;
  for (const int32_t row : rows) add_scaled(gradient_.data(), factor, input_ + row * dim_, dim_);
}

}  // namespace vectral
