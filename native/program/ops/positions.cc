// positions: 0, 1, 2 … within each sequence of a packed batch. With ids, as RoBERTa counts them: from padding + 1 over
// the ids that are not `padding`, which itself stands at padding.
#include <numeric>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("positions", args);
  if (!c.inputs(1, 2)) return c.status();
  c.type(0, DType::i32).rank(0, 1).contiguous(0).output(DType::i32);
  if (args.input_count == 2) {
    c.type(1, DType::i32).rank(1, 1).contiguous(1);
    c.that(args.inputs[1].cols() == args.output.cols(), "ids must be [rows]");
    c.that(args.attributes->padding >= 0, "`padding` must be an id");
  }
  c.that(args.inputs[0].cols() >= 1, "offsets must not be empty");
  return c.that(args.output.rank == 1, "output must be [rows]").status();
}

Status run(const OpArgs& args) {
  const View& offsets = args.inputs[0];
  if (Status status = check_offsets("positions", offsets, args.output.cols()); !status.is_ok()) return status;
  const auto* at = offsets.as<const int32_t>();
  auto* const out = args.output.as<int32_t>();
  int64_t begin, end;
  args.split(offsets.cols() - 1, 1, &begin, &end);
  if (args.input_count == 1) {
    for (int64_t s = begin; s < end; ++s) std::iota(out + at[s], out + at[s + 1], 0);
    return Status::ok();
  }
  const auto* const ids = args.inputs[1].as<const int32_t>();
  const auto padding = static_cast<int32_t>(args.attributes->padding);
  for (int64_t s = begin; s < end; ++s) {
    int32_t place = padding;
    for (int32_t i = at[s]; i < at[s + 1]; ++i) out[i] = ids[i] == padding ? padding : ++place;
  }
  return Status::ok();
}

}  // namespace

const OpDefinition positions_op = {"positions", check, run};

}  // namespace vectral
