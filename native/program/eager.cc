#include "eager.h"

#include <algorithm>

#include "execute.h"

namespace vectral {
namespace {

// Below this many multiplications or elements, waking another thread costs more than it saves.
constexpr int64_t kWorkPerThread = 1 << 15;

int useful_threads(const EagerCall& call, int64_t elements) {
  int64_t depth = 1;
  if (!call.weights.empty()) depth = call.weights.front().weight.shape.dims[1];
  for (const Tensor& input : call.inputs) depth = std::max(depth, input.view().cols());
  const double work = static_cast<double>(elements) * static_cast<double>(depth);
  return work < static_cast<double>(kWorkPerThread) * call.threads ? 1 : call.threads;
}

}  // namespace

Status run_eager(const EagerCall& call, const IsaChoice& isa, Tensor* output,
                 std::shared_ptr<const PackedWeights>* packed) {
  for (const Tensor& input : call.inputs) {
    if (const auto& file = input.storage->file()) {
      if (Status status = file->check_whole(); !status.is_ok()) return status;
    }
  }
  int64_t elements = 0;
  if (!element_count(call.shape.dims, call.shape.rank, &elements)) {
    return Status::error(std::string(call.op->name) + ": the output's shape " +
                         shape_text(call.shape.dims, call.shape.rank) + " is too large");
  }
  LinearMatrix matrix;
  LinearWeights weights;
  if (!call.weights.empty()) {
    PackingRequest request;
    Status status = packing_request(call.weights, call.attributes.arithmetic, isa, &request);
    if (status.is_ok()) status = LinearMatrix::make(call.weights, request, isa, call.threads, {}, &matrix);
    if (!status.is_ok()) return status;
    weights = matrix.weights();
    *packed = matrix.packed();
  }
  std::shared_ptr<Storage> storage = Storage::allocate(elements * dtype_bytes(call.dtype));
  if (storage == nullptr) return Status::error(std::string(call.op->name) + ": not enough memory for the output");
  *output = {std::move(storage), call.dtype, call.shape};

  std::vector<View> views;
  for (const Tensor& input : call.inputs) views.push_back(input.view());
  ReadyStep step;
  step.op = call.op;
  step.args.inputs = views.data();
  step.args.input_count = static_cast<int>(views.size());
  step.args.output = output->view();
  step.args.attributes = &call.attributes;
  step.args.weights = call.weights.empty() ? nullptr : &weights;
  step.args.kernels = isa.kernels;
  Scratches scratches;
  return execute_steps({step}, useful_threads(call, elements), &scratches);
}

}  // namespace vectral
