// A program as TypeScript planned it: what is to be run, and where every value lives.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "../core/shape.h"
#include "../core/storage.h"
#include "linear_weights.h"
#include "op.h"

namespace vectral {

enum class ValueKind : uint8_t { input, output, constant, slot, alias };

struct PlanValue {
  ValueKind kind = ValueKind::slot;
  DType dtype = DType::f32;
  Shape shape;        // a negative size is a symbol: -1 - index into the symbols of a run
  int64_t index = 0;  // input, output, slot: which one; alias: the value it views
  std::optional<Tensor> constant;
  int64_t offset = 0;      // alias: first element
  int64_t row_stride = 0;  // alias: elements from row to row; 0: contiguous
};

struct PlanStep {
  const OpDefinition* op = nullptr;
  std::vector<int64_t> inputs;  // values
  int64_t output = 0;           // a value
  Attributes attributes;
  std::vector<LinearPart> weights;
};

struct Plan {
  std::vector<PlanValue> values;
  std::vector<PlanStep> steps;
  int64_t slots = 0;
  int64_t inputs = 0;
  int64_t outputs = 0;
};

// Refuses a plan whose numbers point outside its lists, whose aliases go in circles or change type, or that writes to
// an input or a constant.
Status check_plan(const Plan& plan);

// The value that holds the bytes `value` views, and the first element in it. For a checked plan.
struct AliasRoot {
  int64_t value = 0;
  int64_t offset = 0;
};
AliasRoot alias_root(const Plan& plan, int64_t value);

}  // namespace vectral
