// One step of training, as fastText makes it: the mean of rows goes in, an output layer scores it, the gradient comes
// back. Sigmoids are exact.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "../core/aligned_memory.h"
#include "../dispatch/kernels.h"
#include "trained_matrix.h"

namespace vectral {

class FastTextStep {
 public:
  // Matrices [.., dim] that the step changes in place.
  FastTextStep(const KernelTable& kernels, const TrainedMatrix& input, const TrainedMatrix& output);

  // hidden = mean of the rows of the input matrix; forgets the gradient.
  void begin(std::span<const int32_t> rows);
  float* hidden() const { return static_cast<float*>(hidden_.data()); }
  // Each changes rows of the output matrix at learning rate `lr`, and adds to the gradient. The rows of one call
  // differ.
  void logistic(std::span<float* const> rows, const float* labels, float lr);
  void softmax(int32_t target, float lr);
  // What `logistic` (of one row) and `softmax` make smaller.
  double logistic_loss(int32_t row, float label) const;
  double softmax_loss(int32_t target) const;
  // Adds the gradient to each of the rows; classifiers divide it by their number, models of words do not.
  void finish(std::span<const int32_t> rows, bool divide);

 private:
  void score_all() const;
  float* gradient() const { return static_cast<float*>(gradient_.data()); }

  const KernelTable& kernels_;
  const TrainedMatrix &input_, &output_;
  AlignedMemory hidden_, gradient_;
  std::vector<float*> all_outputs_;
  mutable std::vector<float> scores_;
};

// -log of the probability that the logistic function gives the label, without the overflow of exp.
double logistic_loss_of(double score, float label);

}  // namespace vectral
