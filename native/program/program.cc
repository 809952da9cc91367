#include "program.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <set>
#include <string>

namespace vectral {
namespace {

constexpr size_t kKeptWorkspaces = 2;

Status fault(const std::string& message) { return Status::error("program: " + message); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

bool same_array(DType expected, DType got) { return expected == got || (expected == DType::bf16 && got == DType::f16); }

}  // namespace

Status Program::compile(Plan plan, const IsaChoice& isa, int threads, const PackedCacheOptions& cache,
                        std::shared_ptr<const Program>* program) {
  if (Status status = check_plan(plan); !status.is_ok()) return status;
  std::shared_ptr<Program> made(new Program);
  made->kernels_ = isa.kernels;
  if (Status status = made->pack_weights(&plan, isa, threads, cache); !status.is_ok()) return status;
  std::set<std::shared_ptr<const MappedFile>> files;
  for (size_t i = 0; i < plan.values.size(); ++i) {
    made->roots_.push_back(alias_root(plan, static_cast<int64_t>(i)));
    const auto& constant = plan.values[i].constant;
    if (constant.has_value() && constant->storage->file() != nullptr) files.insert(constant->storage->file());
  }
  for (const auto& packed : made->packed_matrices()) {
    if (packed->file() != nullptr) files.insert(packed->file());
  }
  made->files_.assign(files.begin(), files.end());
  constexpr int64_t kHeldBytes = 1024 * 1024;  // half the L2 of the smallest core with tile registers
  const bool far = made->packed_bytes() > kHeldBytes;
  for (LinearWeights& weights : made->weights_) weights.far = far;
  made->plan_ = std::move(plan);
  *program = std::move(made);
  return Status::ok();
}

Status Program::pack_weights(Plan* plan, const IsaChoice& isa, int threads, const PackedCacheOptions& cache) {
  matrices_.resize(plan->steps.size());
  weights_.resize(plan->steps.size());
  std::vector<size_t> linear;
  std::vector<PackingRequest> requests;
  for (size_t i = 0; i < plan->steps.size(); ++i) {
    const PlanStep& step = plan->steps[i];
    if (step.weights.empty()) continue;
    linear.push_back(i);
    requests.emplace_back();
    if (Status status = packing_request(step.weights, step.attributes.arithmetic, isa, &requests.back());
        !status.is_ok()) {
      return status;
    }
  }
  PackedCache saved(cache, requests, threads);
  std::vector<std::shared_ptr<const PackedWeights>> packed;
  for (size_t j = 0; j < linear.size(); ++j) {
    LinearMatrix& matrix = matrices_[linear[j]];
    PlanStep& step = plan->steps[linear[j]];
    const auto find = [&] { return saved.find(j); };
    if (Status status = LinearMatrix::make(step.weights, requests[j], isa, threads, find, &matrix); !status.is_ok()) {
      return status;
    }
    weights_[linear[j]] = matrix.weights();
    packed.push_back(matrix.packed());
    step.weights.clear();
  }
  saved.save(packed);
  return Status::ok();
}

std::set<std::shared_ptr<const PackedWeights>> Program::packed_matrices() const {
  std::set<std::shared_ptr<const PackedWeights>> distinct;
  for (const LinearMatrix& matrix : matrices_) {
    if (matrix.packed() != nullptr) distinct.insert(matrix.packed());
  }
  return distinct;
}

int64_t Program::packed_bytes() const {
  int64_t bytes = 0;
  for (const auto& packed : packed_matrices()) bytes += packed->bytes();
  return bytes;
}

int64_t Program::cached_bytes() const {
  int64_t bytes = 0;
  for (const auto& packed : packed_matrices()) bytes += packed->file() == nullptr ? 0 : packed->bytes();
  return bytes;
}

std::unique_ptr<Program::Workspace> Program::take_workspace() const {
  std::lock_guard lock(mutex_);
  if (free_.empty()) return std::make_unique<Workspace>();
  std::unique_ptr<Workspace> workspace = std::move(free_.back());
  free_.pop_back();
  return workspace;
}

void Program::keep_workspace(std::unique_ptr<Workspace> workspace) const {
  std::lock_guard lock(mutex_);
  if (free_.size() < kKeptWorkspaces) free_.push_back(std::move(workspace));
}

Status Program::run(const RunRequest& request, double* step_seconds) const {
  if (Status status = check_request(request); !status.is_ok()) return status;
  for (const auto& file : files_) {
    if (Status status = file->check_whole(); !status.is_ok()) return status;
  }
  std::unique_ptr<Workspace> work = take_workspace();
  std::vector<char*> slots;
  Status status = size_values(request, work.get());
  if (status.is_ok()) status = place_slots(work.get(), &slots);
  for (size_t i = 0; i < plan_.values.size() && status.is_ok(); ++i) {
    status = place_value(request, slots, i, work.get());
  }
  if (status.is_ok()) {
    prepare_steps(work.get());
    status = execute_steps(work->steps, request.threads, &work->scratches, step_seconds);
  }
  keep_workspace(std::move(work));
  return status;
}

Status Program::profile(const RunRequest& request, int64_t runs, RunProfile* profile) const {
  using Clock = std::chrono::steady_clock;
  const size_t steps = plan_.steps.size();
  const auto since = [](Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  std::vector<double> whole, besides, times(steps);
  std::vector<std::vector<double>> of_step(steps);
  if (Status status = run(request); !status.is_ok()) return status;
  for (int64_t i = 0; i < runs; ++i) {
    auto begin = Clock::now();
    if (Status status = run(request); !status.is_ok()) return status;
    whole.push_back(since(begin));
    begin = Clock::now();
    if (Status status = run(request, times.data()); !status.is_ok()) return status;
    besides.push_back(since(begin) - std::accumulate(times.begin(), times.end(), 0.0));
    for (size_t s = 0; s < steps; ++s) of_step[s].push_back(times[s]);
  }
  profile->run = median(std::move(whole));
  profile->besides = median(std::move(besides));
  profile->steps.clear();
  for (std::vector<double>& values : of_step) profile->steps.push_back(median(std::move(values)));
  return Status::ok();
}

Status Program::check_request(const RunRequest& request) const {
  const auto inputs = static_cast<int64_t>(request.inputs.size());
  const auto outputs = static_cast<int64_t>(request.outputs.size());
  if (inputs != plan_.inputs) {
    return fault("takes " + std::to_string(plan_.inputs) + " inputs, got " + std::to_string(inputs));
  }
  if (outputs != plan_.outputs) {
    return fault("fills " + std::to_string(plan_.outputs) + " outputs, got " + std::to_string(outputs));
  }
  for (const int64_t symbol : request.symbols) {
    if (symbol < 0 || symbol > kMaxElements) return fault("symbol " + std::to_string(symbol) + " is out of range");
  }
  return Status::ok();
}

// Gives every value its shape, with the symbols of this run put in.
Status Program::size_values(const RunRequest& request, Workspace* work) const {
  work->values.assign(plan_.values.size(), View());
  work->counts.assign(plan_.values.size(), 0);
  const auto symbols = static_cast<int64_t>(request.symbols.size());
  for (size_t i = 0; i < plan_.values.size(); ++i) {
    const PlanValue& value = plan_.values[i];
    Shape shape = value.shape;
    for (int d = 0; d < shape.rank; ++d) {
      if (shape.dims[d] >= 0) continue;
      const int64_t symbol = -1 - shape.dims[d];
      if (symbol >= symbols) return fault("value " + std::to_string(i) + " uses a symbol that was not given");
      shape.dims[d] = request.symbols[static_cast<size_t>(symbol)];
    }
    if (!element_count(shape.dims, shape.rank, &work->counts[i])) {
      return fault("value " + std::to_string(i) + " of shape " + shape_text(shape.dims, shape.rank) + " is too large");
    }
    work->values[i] = make_view(nullptr, value.dtype, shape);
  }
  return Status::ok();
}

// Lays the slots out in the arena, each as large as its largest value in this run.
Status Program::place_slots(Workspace* work, std::vector<char*>* slots) const {
  std::vector<int64_t> bytes(static_cast<size_t>(plan_.slots), 0);
  for (size_t i = 0; i < plan_.values.size(); ++i) {
    if (plan_.values[i].kind != ValueKind::slot) continue;
    int64_t& slot = bytes[static_cast<size_t>(plan_.values[i].index)];
    slot = std::max(slot, align_up(work->counts[i] * dtype_bytes(plan_.values[i].dtype)));
  }
  int64_t total = 0;
  for (const int64_t slot : bytes) {
    total += slot;
    if (total > kMaxElements) return fault("needs more memory than any machine has");
  }
  if (work->arena.bytes() < total || work->arena.data() == nullptr) {
    work->arena = AlignedMemory();  // the old one goes before the new one comes
    work->arena = AlignedMemory(total);
  }
  if (work->arena.data() == nullptr)
    return fault("not enough memory for " + std::to_string(total) + " bytes of values");
  int64_t largest = largest_arena_.load(std::memory_order_relaxed);
  while (total > largest && !largest_arena_.compare_exchange_weak(largest, total, std::memory_order_relaxed)) {
  }
  char* next = static_cast<char*>(work->arena.data());
  for (const int64_t slot : bytes) {
    slots->push_back(next);
    next += slot;
  }
  return Status::ok();
}

// Gives a value its address, and makes sure that it stays inside the memory it stands in.
Status Program::place_value(const RunRequest& request, const std::vector<char*>& slots, size_t i,
                            Workspace* work) const {
  const auto name = [i] { return "value " + std::to_string(i); };
  const AliasRoot& root = roots_[i];
  const auto r = static_cast<size_t>(root.value);
  const PlanValue& owner = plan_.values[r];
  View& view = work->values[i];

  char* base = nullptr;
  int64_t extent = work->counts[r];
  if (owner.kind == ValueKind::slot) {
    base = slots[static_cast<size_t>(owner.index)];
  } else if (owner.kind == ValueKind::constant) {
    base = static_cast<char*>(owner.constant->storage->data());
    if (owner.constant->dtype != owner.dtype || extent * dtype_bytes(owner.dtype) != owner.constant->storage->bytes()) {
      return fault(name() + " does not have the type and size of its constant");
    }
  } else {
    const bool is_input = owner.kind == ValueKind::input;
    const auto& buffers = is_input ? request.inputs : request.outputs;
    const RunBuffer& buffer = buffers[static_cast<size_t>(owner.index)];
    const auto which = [&] { return (is_input ? "input " : "output ") + std::to_string(owner.index); };
    if (!same_array(owner.dtype, buffer.dtype))
      return fault(which() + " must be an array of " + dtype_name(owner.dtype));
    if (buffer.count != extent) {
      return fault(which() + " must have " + std::to_string(extent) + " elements for shape " +
                   shape_text(work->values[r].shape, work->values[r].rank) + ", got " + std::to_string(buffer.count));
    }
    base = static_cast<char*>(buffer.data);
  }
  if (base != nullptr) view.data = base + root.offset * dtype_bytes(view.dtype);

  const PlanValue& value = plan_.values[i];
  if (value.kind != ValueKind::alias || work->counts[i] == 0) return Status::ok();
  if (value.row_stride > 0) view.row_stride = value.row_stride;
  if (view.row_stride < view.cols()) return fault(name() + " has rows that overlap");
  // In a type that cannot overflow: both factors are below 2^46.
  const double last = static_cast<double>(root.offset) +
                      static_cast<double>(view.rows() - 1) * static_cast<double>(view.row_stride) +
                      static_cast<double>(view.cols());
  return last <= static_cast<double>(extent) ? Status::ok() : fault(name() + " reaches outside the value it views");
}

void Program::prepare_steps(Workspace* work) const {
  size_t count = 0;
  for (const PlanStep& step : plan_.steps) count += step.inputs.size();
  work->inputs.clear();
  work->inputs.reserve(count);  // the steps point into it
  work->steps.clear();
  for (size_t i = 0; i < plan_.steps.size(); ++i) {
    const PlanStep& step = plan_.steps[i];
    ReadyStep ready;
    ready.op = step.op;
    ready.args.inputs = work->inputs.data() + work->inputs.size();
    ready.args.input_count = static_cast<int>(step.inputs.size());
    for (const int64_t input : step.inputs) work->inputs.push_back(work->values[static_cast<size_t>(input)]);
    ready.args.output = work->values[static_cast<size_t>(step.output)];
    ready.args.attributes = &step.attributes;
    ready.args.weights = matrices_[i].packed() == nullptr ? nullptr : &weights_[i];
    ready.args.kernels = kernels_;
    work->steps.push_back(ready);
  }
}

}  // namespace vectral
