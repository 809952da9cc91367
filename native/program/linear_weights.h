// The weights of a linear step, ready to use: packed and with the biases in one vector.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "../core/packed_weights.h"
#include "../core/storage.h"
#include "../dispatch/select.h"
#include "op.h"

namespace vectral {

// One [out, in] weight with its bias [out], and its scale [out] if it is i8 (WeightPart). A step may stack several
// along `out`.
struct LinearPart {
  Tensor weight;
  std::optional<Tensor> bias;
  std::optional<Tensor> scale;
};

// What packing the weights of `parts` takes. Refuses parts that do not fit each other, and files that were cut.
Status packing_request(const std::vector<LinearPart>& parts, Arithmetic arithmetic, const IsaChoice& isa,
                       PackingRequest* request);

class LinearMatrix {
 public:
  // `request` is that of `parts`, and `saved` as PackedWeights::of takes it.
  static Status make(const std::vector<LinearPart>& parts, const PackingRequest& request, const IsaChoice& isa,
                     int threads, const std::function<SavedBlock()>& saved, LinearMatrix* matrix);

  // Valid as long as this object is.
  LinearWeights weights() const;
  const std::shared_ptr<const PackedWeights>& packed() const { return packed_; }

 private:
  std::shared_ptr<const PackedWeights> packed_;
  std::vector<float> bias_;  // empty: none
};

}  // namespace vectral
