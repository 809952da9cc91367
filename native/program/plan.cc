#include "plan.h"

#include <string>

namespace vectral {
namespace {

Status fault(const std::string& message) { return Status::error("program: " + message); }

bool within(int64_t index, int64_t count) { return index >= 0 && index < count; }

Status check_value(const Plan& plan, int64_t i) {
  const PlanValue& value = plan.values[static_cast<size_t>(i)];
  const std::string name = "value " + std::to_string(i);
  const auto count = static_cast<int64_t>(plan.values.size());
  switch (value.kind) {
    case ValueKind::constant:
      return value.constant.has_value() ? Status::ok() : fault(name + " is a constant without a tensor");
    case ValueKind::input:
      return within(value.index, plan.inputs) ? Status::ok() : fault(name + " names an input that does not exist");
    case ValueKind::output:
      return within(value.index, plan.outputs) ? Status::ok() : fault(name + " names an output that does not exist");
    case ValueKind::slot:
      return within(value.index, plan.slots) ? Status::ok() : fault(name + " names a slot that does not exist");
    case ValueKind::alias:
      break;
  }
  if (!within(value.index, count)) return fault(name + " views a value that does not exist");
  if (plan.values[static_cast<size_t>(value.index)].dtype != value.dtype) return fault(name + " views another type");
  if (!within(value.offset, kMaxElements) || !within(value.row_stride, kMaxElements)) {
    return fault(name + " has an offset or a row stride out of range");
  }
  // A chain longer than the list of values is a circle.
  int64_t at = i, offset = 0;
  for (int64_t hops = 0; plan.values[static_cast<size_t>(at)].kind == ValueKind::alias; ++hops) {
    const PlanValue& link = plan.values[static_cast<size_t>(at)];
    offset += link.offset;
    at = link.index;
    if (hops > count || !within(at, count)) return fault(name + " views itself");
    if (!within(offset, kMaxElements)) return fault(name + " has an offset out of range");
  }
  return Status::ok();
}

Status check_step(const Plan& plan, const PlanStep& step, const std::string& name) {
  const auto count = static_cast<int64_t>(plan.values.size());
  for (const int64_t input : step.inputs) {
    if (!within(input, count)) return fault(name + " reads a value that does not exist");
  }
  if (!within(step.output, count)) return fault(name + " writes a value that does not exist");
  const ValueKind kind = plan.values[static_cast<size_t>(alias_root(plan, step.output).value)].kind;
  if (kind == ValueKind::constant || kind == ValueKind::input) return fault(name + " writes to a constant or an input");
  return Status::ok();
}

}  // namespace

Status check_plan(const Plan& plan) {
  for (const int64_t count : {plan.slots, plan.inputs, plan.outputs}) {
    if (!within(count, 1 << 24)) return fault("a count of slots, inputs or outputs is out of range");
  }
  for (size_t i = 0; i < plan.values.size(); ++i) {
    if (Status status = check_value(plan, static_cast<int64_t>(i)); !status.is_ok()) return status;
  }
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const std::string name = "step " + std::to_string(i) + " (" + plan.steps[i].op->name + ")";
    if (Status status = check_step(plan, plan.steps[i], name); !status.is_ok()) return status;
  }
  return Status::ok();
}

AliasRoot alias_root(const Plan& plan, int64_t value) {
  AliasRoot root{value, 0};
  while (plan.values[static_cast<size_t>(root.value)].kind == ValueKind::alias) {
    const PlanValue& link = plan.values[static_cast<size_t>(root.value)];
    root.offset += link.offset;
    root.value = link.index;
  }
  return root;
}

}  // namespace vectral
