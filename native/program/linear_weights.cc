#include "linear_weights.h"

#include <algorithm>

namespace vectral {
namespace {

Status check_part(const LinearPart& part) {
  if (const auto& file = part.weight.storage->file()) {
    if (Status status = file->check_whole(); !status.is_ok()) return status;
  }
  if (part.scale.has_value() && part.scale->storage->file() != nullptr) {
    if (Status status = part.scale->storage->file()->check_whole(); !status.is_ok()) return status;
  }
  if (!part.bias.has_value()) return Status::ok();
  const Tensor& bias = *part.bias;
  if (part.weight.shape.rank != 2 || bias.shape.rank != 1 || bias.shape.dims[0] != part.weight.shape.dims[0]) {
    return Status::error("linear: bias must be [out] beside a weight [out, in], got " +
                         shape_text(bias.shape.dims, bias.shape.rank) + " beside " +
                         shape_text(part.weight.shape.dims, part.weight.shape.rank));
  }
  const auto& file = bias.storage->file();
  return file == nullptr ? Status::ok() : file->check_whole();
}

}  // namespace

Status packing_request(const std::vector<LinearPart>& parts, Arithmetic arithmetic, const IsaChoice& isa,
                       PackingRequest* request) {
  std::vector<WeightPart> weights;
  for (const LinearPart& part : parts) {
    if (Status status = check_part(part); !status.is_ok()) return status;
    weights.emplace_back(part.weight, part.scale);
  }
  const KernelTable& k = *isa.kernels;
  if (arithmetic == Arithmetic::f32) arithmetic = Arithmetic::f32_weights;
  const PackingIsa packing{isa.name, k.gemm_layout, k.pack_panel, k.to_f32, k.from_f32, k.quantize_i8_rows};
  return PackingRequest::make(std::move(weights), arithmetic, packing, request);
}

Status LinearMatrix::make(const std::vector<LinearPart>& parts, const PackingRequest& request, const IsaChoice& isa,
                          int threads, const std::function<SavedBlock()>& saved, LinearMatrix* matrix) {
  if (Status status = PackedWeights::of(request, threads, saved, &matrix->packed_); !status.is_ok()) return status;
  if (const auto& file = matrix->packed_->file()) {
    if (Status status = file->check_whole(); !status.is_ok()) return status;
  }
  if (std::none_of(parts.begin(), parts.end(), [](const LinearPart& p) { return p.bias.has_value(); })) {
    return Status::ok();
  }
  // Parts without a bias keep the zeros.
  matrix->bias_.assign(static_cast<size_t>(matrix->packed_->view().n), 0.0f);
  float* out = matrix->bias_.data();
  for (const LinearPart& part : parts) {
    const int64_t n = part.weight.shape.dims[0];
    if (part.bias.has_value()) isa.kernels->to_f32(part.bias->dtype, part.bias->storage->data(), out, n);
    out += n;
  }
  return Status::ok();
}

LinearWeights LinearMatrix::weights() const {
  return {packed_->view(), packed_->column_scale(), packed_->column_sum(), bias_.empty() ? nullptr : bias_.data()};
}

}  // namespace vectral
