// Running one operation, or a small program, in tests.
#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "../dispatch/select.h"
#include "../program/eager.h"
#include "../program/program.h"

namespace vectral::test {

using Dims = std::vector<int64_t>;
using Row64 = std::vector<double>;

inline Shape shape_from(const Dims& dims) {
  Shape shape;
  shape.rank = static_cast<int32_t>(dims.size());
  std::copy(dims.begin(), dims.end(), shape.dims);
  return shape;
}

template <typename T>
Tensor tensor(DType dtype, const Dims& dims, const std::vector<T>& values) {
  std::shared_ptr<Storage> storage = Storage::allocate(static_cast<int64_t>(values.size() * sizeof(T)));
  if (!values.empty()) std::memcpy(storage->data(), values.data(), values.size() * sizeof(T));
  return {std::move(storage), dtype, shape_from(dims)};
}

inline Tensor floats(const Dims& dims, const std::vector<float>& values) { return tensor(DType::f32, dims, values); }
inline Tensor ints(const std::vector<int32_t>& values) {
  return tensor(DType::i32, {static_cast<int64_t>(values.size())}, values);
}

// The same numbers on every machine for a seed, about normal.
inline Tensor random(const Dims& dims, uint32_t seed) {
  std::minstd_rand generator(seed);
  int64_t count = 1;
  for (const int64_t dim : dims) count *= dim;
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) {
    value = 0;
    for (int i = 0; i < 4; ++i) value += static_cast<float>(generator() % 20001) / 10000.0f - 1.0f;
  }
  return floats(dims, values);
}

template <typename T = float>
std::vector<T> values_of(const Tensor& tensor) {
  const auto* data = static_cast<const T*>(tensor.storage->data());
  return std::vector<T>(data, data + tensor.view().size());
}

inline EagerCall call_of(const char* op, std::vector<Tensor> inputs, const Dims& output) {
  EagerCall call;
  call.op = find_op(op);
  REQUIRE(call.op != nullptr);
  call.inputs = std::move(inputs);
  call.shape = shape_from(output);
  return call;
}

inline Status try_run(const EagerCall& call, const IsaChoice& isa, Tensor* output) {
  std::shared_ptr<const PackedWeights> packed;
  return run_eager(call, isa, output, &packed);
}

// Runs on one thread and on three, demands equal bits, and gives the values.
template <typename T = float>
std::vector<T> run_op(EagerCall call, const IsaChoice& isa) {
  Tensor one, three;
  call.threads = 1;
  const Status status = try_run(call, isa, &one);
  REQUIRE_MESSAGE(status.is_ok(), status.message());
  call.threads = 3;
  REQUIRE(try_run(call, isa, &three).is_ok());
  const bool same =
      std::memcmp(one.storage->data(), three.storage->data(), static_cast<size_t>(one.storage->bytes())) == 0;
  CHECK_MESSAGE(same, call.op->name, ": other bits on other threads");
  return values_of<T>(one);
}

inline double worst_difference(const std::vector<float>& got, const Row64& expected) {
  REQUIRE(got.size() == expected.size());
  double worst = 0;
  for (size_t i = 0; i < got.size(); ++i) {
    const double difference = std::fabs(static_cast<double>(got[i]) - expected[i]);
    worst = difference <= worst ? worst : difference;  // a NaN becomes the worst
  }
  return worst;
}

// A value and a step of a plan.
inline PlanValue value(ValueKind kind, const Dims& dims, int64_t index, DType dtype = DType::f32) {
  PlanValue v;
  v.kind = kind;
  v.dtype = dtype;
  v.shape = shape_from(dims);
  v.index = index;
  return v;
}

inline PlanStep step(const char* op, std::vector<int64_t> inputs, int64_t output) {
  PlanStep s;
  s.op = find_op(op);
  s.inputs = std::move(inputs);
  s.output = output;
  return s;
}

}  // namespace vectral::test
