#include <algorithm>

#include "../program/eager.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

constexpr size_t kPackedKept = 4;
constexpr int64_t kMostPlaces = 1 << 24;
constexpr int64_t kMostProfiledRuns = 100000;

const IsaChoice& isa_of(Napi::Env env) {
  const IsaChoice* isa = nullptr;
  throw_if_error(env, selected_isa(&isa));
  return *isa;
}

int64_t read_optional(const Napi::Value& value, const char* name, int64_t most) {
  return value.IsUndefined() ? 0 : read_integer(value, name, 0, most);
}

ValueKind read_kind(const Napi::Value& value) {
  const std::string kind = read_string(value, "kind");
  if (kind == "input") return ValueKind::input;
  if (kind == "output") return ValueKind::output;
  if (kind == "constant") return ValueKind::constant;
  if (kind == "slot") return ValueKind::slot;
  if (kind == "alias") return ValueKind::alias;
  throw Napi::TypeError::New(value.Env(), "there is no value kind \"" + kind + "\"");
}

PlanValue read_value(const Napi::Object& object) {
  PlanValue value;
  value.kind = read_kind(object["kind"]);
  value.dtype = read_dtype(object["dtype"]);
  value.shape = read_shape(object["shape"], true);
  value.index = read_optional(object["index"], "index", kMostPlaces);
  value.offset = read_optional(object["offset"], "offset", kMaxElements);
  value.row_stride = read_optional(object["rowStride"], "rowStride", kMaxElements);
  if (value.kind == ValueKind::constant) value.constant = unwrap<TensorHandle>(object["tensor"]).content;
  return value;
}

PlanStep read_step(const Napi::Object& object) {
  PlanStep step;
  step.op = read_op(object["op"]);
  const Napi::Array inputs = read_list(object["inputs"], "inputs");
  for (uint32_t i = 0; i < inputs.Length(); ++i)
    step.inputs.push_back(read_integer(inputs[i], "inputs", 0, kMostPlaces));
  step.output = read_integer(object["output"], "output", 0, kMostPlaces);
  step.attributes = read_attributes(object["attributes"]);
  step.weights = read_linear_parts(object["weights"]);
  return step;
}

Plan read_plan(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "plan");
  Plan plan;
  plan.slots = read_integer(object["slots"], "slots", 0, kMostPlaces);
  plan.inputs = read_integer(object["inputs"], "inputs", 0, kMostPlaces);
  plan.outputs = read_integer(object["outputs"], "outputs", 0, kMostPlaces);
  const Napi::Array values = read_list(object["values"], "values"), steps = read_list(object["steps"], "steps");
  for (uint32_t i = 0; i < values.Length(); ++i) plan.values.push_back(read_value(read_object(values[i], "values")));
  for (uint32_t i = 0; i < steps.Length(); ++i) plan.steps.push_back(read_step(read_object(steps[i], "steps")));
  return plan;
}

// The next eager call with this weight then finds it packed.
void keep_packed(const Napi::Value& parts, std::shared_ptr<const PackedWeights> packed) {
  auto& kept = unwrap<TensorHandle>(parts.As<Napi::Array>().Get(0u).As<Napi::Object>()["weight"]).packed;
  if (std::find(kept.begin(), kept.end(), packed) != kept.end()) return;
  if (kept.size() == kPackedKept) kept.erase(kept.begin());
  kept.push_back(std::move(packed));
}

// A run as `run` and `profile` are told it, after the program: inputs, symbols, outputs, threads.
RunRequest read_request(const Napi::CallbackInfo& info) {
  RunRequest request;
  request.inputs = read_arrays(info[1], "inputs");
  const Napi::Array symbols = read_list(info[2], "symbols");
  for (uint32_t i = 0; i < symbols.Length(); ++i) {
    request.symbols.push_back(read_integer(symbols[i], "symbols", 0, kMaxElements));
  }
  request.outputs = read_arrays(info[3], "outputs");
  request.threads = read_threads(info[4]);
  return request;
}

// Both lists of arrays, for the job to hold.
Napi::Array arrays_of(const Napi::CallbackInfo& info) {
  Napi::Array kept = Napi::Array::New(info.Env(), 2);
  kept.Set(0u, info[1]);
  kept.Set(1u, info[3]);
  return kept;
}

}  // namespace

Napi::Value execute(const Napi::CallbackInfo& info) {
  EagerCall call;
  call.op = read_op(info[0]);
  const Napi::Array inputs = read_list(info[1], "inputs");
  for (uint32_t i = 0; i < inputs.Length(); ++i) call.inputs.push_back(unwrap<TensorHandle>(inputs[i]).content);
  call.attributes = read_attributes(info[2]);
  call.dtype = read_dtype(info[3]);
  call.shape = read_shape(info[4], false);
  call.weights = read_linear_parts(info[5]);
  call.threads = read_threads(info[6]);
  Tensor output;
  std::shared_ptr<const PackedWeights> packed;
  throw_if_error(info.Env(), run_eager(call, isa_of(info.Env()), &output, &packed));
  if (packed != nullptr) keep_packed(info[5], std::move(packed));
  return wrap_tensor(info.Env(), std::move(output));
}

Napi::Value compile(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto plan = std::make_shared<Plan>(read_plan(info[0]));
  const int threads = read_threads(info[1]);
  PackedCacheOptions cache;
  cache.folder = read_string(info[2], "cache");
  const IsaChoice isa = isa_of(env);  // a copy: the process may leave while a runner packs
  const auto program = std::make_shared<std::shared_ptr<const Program>>();
  const auto work = [=](int granted) { return Program::compile(std::move(*plan), isa, granted, cache, program.get()); };
  const auto finish = [program](Napi::Env e) {
    return wrap_handle(e, std::make_unique<ProgramHandle>(std::move(*program)), 0);
  };
  return jobs_of(env).start(env, {nullptr, threads, threads}, work, finish, Napi::Object::New(env));
}

Napi::Value run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::shared_ptr<const Program> program = unwrap<ProgramHandle>(info[0]).content;
  RunRequest request = read_request(info);
  const JobQueue::Demand demand{program.get(), request.threads, read_threads(info[5])};
  auto work = [program, request = std::move(request)](int granted) mutable {
    request.threads = granted;
    return program->run(request);
  };
  const auto finish = [](Napi::Env e) { return e.Undefined(); };
  return jobs_of(env).start(env, demand, std::move(work), finish, arrays_of(info));
}

Napi::Value profile(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::shared_ptr<const Program> program = unwrap<ProgramHandle>(info[0]).content;
  RunRequest request = read_request(info);
  const JobQueue::Demand demand{program.get(), request.threads, request.threads};
  const int64_t runs = read_integer(info[5], "runs", 1, kMostProfiledRuns);
  const auto measured = std::make_shared<RunProfile>();
  auto work = [=, request = std::move(request)](int granted) mutable {
    request.threads = granted;
    return program->profile(request, runs, measured.get());
  };
  const auto finish = [measured](Napi::Env e) {
    Napi::Object result = Napi::Object::New(e);
    Napi::Array steps = Napi::Array::New(e);
    for (const double seconds : measured->steps) steps.Set(steps.Length(), seconds);
    result.Set("run", measured->run);
    result.Set("steps", steps);
    result.Set("besides", measured->besides);
    return result;
  };
  return jobs_of(env).start(env, demand, std::move(work), finish, arrays_of(info));
}

Napi::Value program_memory(const Napi::CallbackInfo& info) {
  const Program& program = *unwrap<ProgramHandle>(info[0]).content;
  Napi::Object memory = Napi::Object::New(info.Env());
  memory.Set("packed", static_cast<double>(program.packed_bytes()));
  memory.Set("cached", static_cast<double>(program.cached_bytes()));
  memory.Set("arena", static_cast<double>(program.arena_bytes()));
  return memory;
}

void program_release(const Napi::CallbackInfo& info) { release<ProgramHandle>(info); }

}  // namespace vectral::binding
