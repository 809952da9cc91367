// A matrix while it is learnt: rows are whole vectors of every instruction set, and cache lines.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "../core/status.h"
#include "../core/storage.h"

namespace vectral {

class TrainedMatrix {
 public:
  // All zeros.
  Status allocate(int64_t rows, int64_t dim);
  // Uniform in ±1 / dim; the same for a seed, whatever the threads.
  void fill(uint64_t seed, int threads);

  int64_t rows() const { return rows_; }
  int64_t dim() const { return dim_; }
  int64_t stride() const { return stride_; }  // floats from row to row: dim, and zeros that stay
  float* row(int64_t i) const { return values_ + i * stride_; }
  bool finite() const;

  // Takes the values of [rows, dim] without the zeros; false if some are not finite.
  bool take(const float* values);
  // [rows, dim] without the zeros: a copy, or in the same memory, after which there is nothing to learn here.
  std::shared_ptr<Storage> copy() const;
  std::shared_ptr<Storage> pack();

 private:
  std::shared_ptr<Storage> storage_;
  float* values_ = nullptr;
  int64_t rows_ = 0, dim_ = 0, stride_ = 0;
};

}  // namespace vectral
