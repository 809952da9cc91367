// One operation, now: a program of one step over tensors.
#pragma once

#include <memory>
#include <vector>

#include "../core/storage.h"
#include "../dispatch/select.h"
#include "linear_weights.h"
#include "op.h"

namespace vectral {

struct EagerCall {
  const OpDefinition* op = nullptr;
  std::vector<Tensor> inputs;
  Attributes attributes;
  std::vector<LinearPart> weights;  // linear only
  DType dtype = DType::f32;         // of the output, as its shape
  Shape shape;
  int threads = 1;
};

// `packed` is set where the call packed a weight: holding it keeps the next call from packing again.
Status run_eager(const EagerCall& call, const IsaChoice& isa, Tensor* output,
                 std::shared_ptr<const PackedWeights>* packed);

}  // namespace vectral
