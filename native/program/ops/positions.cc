// positions: 0, 1, 2 … within each sequence of a packed batch.
#include <numeric>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("positions", args);
  if (!c.inputs(1, 1)) return c.status();
  c.type(0, DType::i32).rank(0, 1).contiguous(0).output(DType::i32);
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
  for (int64_t s = begin; s < end; ++s) std::iota(out + at[s], out + at[s + 1], 0);
  return Status::ok();
}

}  // namespace

const OpDefinition positions_op = {"positions", check, run};

}  // namespace vectral
