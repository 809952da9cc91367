// rope: rotary position embedding (Su et al. 2021, arXiv:2104.09864) in the form of two halves: value i and i + d / 2
// of a head are turned by the angle of position p and frequency i, whose cosine and sine stand at [p, i] of two tables.
#include <algorithm>

#include "checks.h"
#include "op_list.h"
#include "rows.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("rope", args);
  if (!c.inputs(4, 4)) return c.status();
  const View &x = args.inputs[0], &cosines = args.inputs[2];
  c.type(0, DType::f32).rank(0, 2).output(DType::f32).output_like(0);
  c.type(1, DType::i32).rank(1, 1).contiguous(1);
  c.that(args.inputs[1].cols() >= 1, "offsets must not be empty");
  for (int i = 2; i < 4; ++i) c.type(i, DType::f32).rank(i, 2).contiguous(i);
  if (!c.status().is_ok()) return c.status();
  const int64_t heads = args.attributes->heads;
  c.that(heads >= 1 && x.cols() % heads == 0, "the columns of x must be a multiple of `heads`");
  c.that(same_shape(cosines, args.inputs[3]) && 2 * cosines.cols() <= x.cols() / std::max<int64_t>(heads, 1),
         "cosines and sines must be [positions, at most half a head]");
  return c.status();
}

Status run(const OpArgs& args) {
  const View &x = args.inputs[0], &offsets = args.inputs[1], &cosines = args.inputs[2], &sines = args.inputs[3];
  if (Status status = check_offsets("rope", offsets, x.rows()); !status.is_ok()) return status;
  const int64_t heads = args.attributes->heads, width = x.cols() / std::max<int64_t>(heads, 1), half = cosines.cols();
  const auto* const at = offsets.as<const int32_t>();
  int64_t begin, end;
  args.split(x.rows(), 1, &begin, &end);
  int64_t s = std::upper_bound(at, at + offsets.cols(), begin) - at - 1;
  for (int64_t row = begin; row < end; ++row) {
    while (at[s + 1] <= row) ++s;
    const int64_t position = row - at[s];
    if (position >= cosines.rows()) {
      return Status::error("rope: a sequence has more than " + std::to_string(cosines.rows()) +
                           " tokens, for which there are positions");
    }
    const float* const c = cosines.as<const float>() + position * half;
    const float* const n = sines.as<const float>() + position * half;
    const float* from = x.as<const float>() + row * x.row_stride;
    float* to = args.output.as<float>() + row * args.output.row_stride;
    for (int64_t h = 0; h < heads; ++h, from += width, to += width) {
      for (int64_t i = 0; i < half; ++i) {
        const float a = from[i], b = from[half + i];
        to[i] = a * c[i] - b * n[i];
        to[half + i] = b * c[i] + a * n[i];
      }
      std::copy(from + 2 * half, from + width, to + 2 * half);
    }
  }
  return Status::ok();
}

}  // namespace

const OpDefinition rope_op = {"rope", check, run};

}  // namespace vectral
