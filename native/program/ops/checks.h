// What the operations' checks have in common: each names the operation, what was expected and what was found.
#pragma once

#include <string>

#include "../../core/shape.h"
#include "../op.h"

namespace vectral {

// Keeps the first thing that is wrong with a step.
class Check {
 public:
  Check(const char* op, const OpArgs& args) : op_(op), args_(args) {}

  // False: the other checks may not look at inputs.
  bool inputs(int least, int most);
  Check& type(int input, DType expected);
  Check& rank(int input, int expected);
  Check& contiguous(int input);
  Check& output(DType expected);
  // The output has exactly the shape of this input.
  Check& output_like(int input);
  // The input is a vector of `length`.
  Check& vector(int input, int64_t length);
  Check& that(bool condition, const char* otherwise);

  Status status() const { return status_; }

 private:
  void fail(const std::string& message);
  std::string at(int input) const;

  const char* op_;
  const OpArgs& args_;
  Status status_ = Status::ok();
};

std::string shape_of(const View& view);
bool same_shape(const View& a, const View& b);

Status out_of_memory(const char* op);

// The offsets [S+1] of a packed batch of `rows` rows: first 0, last `rows`, never falling.
Status check_offsets(const char* op, const View& offsets, int64_t rows);

}  // namespace vectral
