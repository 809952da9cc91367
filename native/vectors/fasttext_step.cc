#include "fasttext_step.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vectral {

FastTextStep::FastTextStep(const KernelTable& kernels, const TrainedMatrix& input, const TrainedMatrix& output)
    : kernels_(kernels),
      input_(input),
      output_(output),
      hidden_(input.stride() * 4),
      gradient_(input.stride() * 4),
      scores_(kWordStepOutputs) {}

void FastTextStep::begin(std::span<const int32_t> rows) {
  const int64_t stride = input_.stride(), n = std::ssize(rows);
  kernels_.gather_rows(input_.row(0), stride, rows.data(), n, stride, hidden());
  kernels_.scale(hidden(), 1 / static_cast<float>(n), hidden(), stride);
  std::fill_n(gradient(), stride, 0.0f);
}

void FastTextStep::logistic(std::span<float* const> rows, const float* labels, float lr) {
  const float* const x = hidden();
  float* const change = gradient();
  kernels_.word_step(&x, &change, 1, rows.data(), labels, std::ssize(rows), lr, input_.stride(), scores_.data());
}

void FastTextStep::score_all() const {
  scores_.resize(static_cast<size_t>(std::max(output_.rows(), kWordStepOutputs)));
  kernels_.dot_rows(DType::f32, output_.row(0), output_.stride(), output_.rows(), output_.stride(), hidden(),
                    scores_.data());
}

void FastTextStep::softmax(int32_t target, float lr) {
  const int64_t classes = output_.rows();
  if (all_outputs_.empty()) {
    for (int64_t i = 0; i < classes; ++i) all_outputs_.push_back(output_.row(i));
  }
  score_all();
  kernels_.softmax(scores_.data(), classes, scores_.data(), classes, 1, classes);
  kernels_.scale(scores_.data(), -lr, scores_.data(), classes);
  scores_[static_cast<size_t>(target)] += lr;
  kernels_.word_change(hidden(), gradient(), all_outputs_.data(), scores_.data(), classes, input_.stride());
}

double FastTextStep::logistic_loss(int32_t row, float label) const {
  float score = 0;
  kernels_.dot_rows(DType::f32, output_.row(row), output_.stride(), 1, output_.stride(), hidden(), &score);
  return logistic_loss_of(static_cast<double>(score), label);
}

double FastTextStep::softmax_loss(int32_t target) const {
  score_all();
  const auto end = scores_.begin() + output_.rows();
  const double most = static_cast<double>(*std::max_element(scores_.begin(), end));
  const double sum = std::accumulate(scores_.begin(), end, 0.0, [most](double total, float score) {
    return total + std::exp(static_cast<double>(score) - most);
  });
  return std::log(sum) + most - static_cast<double>(scores_[static_cast<size_t>(target)]);
}

void FastTextStep::finish(std::span<const int32_t> rows, bool divide) {
  const int64_t stride = input_.stride(), n = std::ssize(rows);
  if (divide) kernels_.scale(gradient(), 1 / static_cast<float>(n), gradient(), stride);
  kernels_.scatter_rows(gradient(), nullptr, input_.row(0), stride, rows.data(), n, stride);
}

double logistic_loss_of(double score, float label) {
  const double wrong = label > 0 ? -score : score;
  return std::log1p(std::exp(-std::fabs(wrong))) + std::max(wrong, 0.0);
}

}  // namespace vectral
