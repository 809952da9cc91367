// One step of training: the mean of rows goes in, an output layer scores it, and the gradient comes back.
// Sigmoids are exact; loops run over plain arrays so that compilers make vectors of them.
#pragma once

#include <cstdint>
#include <vector>

namespace vectral {

class FastTextStep {
 public:
  // Matrices [.., dim] that the step changes in place.
  FastTextStep(float* input, float* output, int64_t dim);

  // hidden = mean of the rows of the input matrix; forgets the gradient.
  void begin(const std::vector<int32_t>& rows);
  // Each gives the loss before it changes the output matrix at learning rate `lr`, and adds to the gradient.
  float logistic(int32_t row, bool label, float lr);
  float softmax(int32_t target, int32_t classes, float lr);
  // Adds the gradient to each of the rows; classifiers divide it by their number, models of words do not.
  void finish(const std::vector<int32_t>& rows, bool divide);

 private:
  void move(int32_t row, float alpha);

  float* const input_;
  float* const output_;
  const int64_t dim_;
  std::vector<float> hidden_, gradient_, scores_;
};

}  // namespace vectral
