#include "checks.h"

#include <algorithm>

namespace vectral {

std::string shape_of(const View& view) { return shape_text(view.shape, view.rank); }

bool same_shape(const View& a, const View& b) {
  return a.rank == b.rank && std::equal(a.shape, a.shape + a.rank, b.shape);
}

Status out_of_memory(const char* op) { return Status::error(std::string(op) + ": not enough memory"); }

void Check::fail(const std::string& message) {
  if (status_.is_ok()) status_ = Status::error(std::string(op_) + ": " + message);
}

std::string Check::at(int input) const { return "input " + std::to_string(input); }

bool Check::inputs(int least, int most) {
  if (args_.input_count >= least && args_.input_count <= most) return true;
  fail("takes " + std::to_string(least) + (most > least ? " to " + std::to_string(most) : std::string()) +
       " inputs, got " + std::to_string(args_.input_count));
  return false;
}

Check& Check::type(int input, DType expected) {
  const DType got = args_.inputs[input].dtype;
  if (got != expected) fail(at(input) + " must be " + dtype_name(expected) + ", got " + dtype_name(got));
  return *this;
}

Check& Check::rank(int input, int expected) {
  const View& view = args_.inputs[input];
  if (view.rank != expected) {
    fail(at(input) + " must have " + std::to_string(expected) + " dimensions, got shape " + shape_of(view));
  }
  return *this;
}

Check& Check::contiguous(int input) {
  if (!args_.inputs[input].contiguous()) fail(at(input) + " must be contiguous, not a column slice; copy it first");
  return *this;
}

Check& Check::output(DType expected) {
  if (args_.output.dtype != expected) {
    fail(std::string("output must be ") + dtype_name(expected) + ", got " + dtype_name(args_.output.dtype));
  }
  if (!args_.output.contiguous()) fail("output must be contiguous");
  return *this;
}

Check& Check::output_like(int input) {
  if (!same_shape(args_.output, args_.inputs[input])) {
    fail("output must have the shape of " + at(input) + ", " + shape_of(args_.inputs[input]) + ", got " +
         shape_of(args_.output));
  }
  return *this;
}

Check& Check::vector(int input, int64_t length) {
  const View& view = args_.inputs[input];
  if (view.rank != 1 || view.cols() != length) {
    fail(at(input) + " must be [" + std::to_string(length) + "], got " + shape_of(view));
  }
  return *this;
}

Check& Check::that(bool condition, const char* otherwise) {
  if (!condition) fail(otherwise);
  return *this;
}

Status check_offsets(const char* op, const View& offsets, int64_t rows) {
  const auto* at = offsets.as<const int32_t>();
  const int64_t last = offsets.cols() - 1;
  const auto fault = [op](const std::string& message) {
    return Status::error(std::string(op) + ": offsets must " + message);
  };
  if (at[0] != 0) return fault("begin with 0, got " + std::to_string(at[0]));
  for (int64_t s = 0; s < last; ++s) {
    if (at[s + 1] < at[s]) {
      return fault("never fall, got " + std::to_string(at[s]) + " then " + std::to_string(at[s + 1]) + " at sequence " +
                   std::to_string(s));
    }
  }
  if (at[last] != rows)
    return fault("end with the number of rows, " + std::to_string(rows) + ", got " + std::to_string(at[last]));
  return Status::ok();
}

}  // namespace vectral
