// transpose: output axis i is input axis order[i].
#include "checks.h"
#include "op_list.h"
#include "rows.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("transpose", args);
  if (!c.inputs(1, 1)) return c.status();
  const View &x = args.inputs[0], &y = args.output;
  c.output(x.dtype);
  if (y.rank != x.rank) return c.that(false, "the output must have as many axes as x").status();
  bool used[kMaxRank] = {};
  for (int i = 0; i < x.rank; ++i) {
    const int64_t from = args.attributes->order[i];
    if (from < 0 || from >= x.rank || used[from]) {
      return c.that(false, "`order` must name every axis of x once").status();
    }
    used[from] = true;
    c.that(y.shape[i] == x.shape[from], "the output's sizes must be those of x in the new order");
  }
  return c.status();
}

template <typename T>
void gather(const T* from, int64_t step, T* to, int64_t count) {
  for (int64_t i = 0; i < count; ++i) to[i] = from[i * step];
}

void gather_row(int64_t bytes, const char* from, int64_t step, char* to, int64_t count) {
  if (step == 1) {
    std::memcpy(to, from, static_cast<size_t>(count * bytes));
  } else if (bytes == 1) {
    gather(from, step, to, count);
  } else if (bytes == 2) {
    gather(reinterpret_cast<const uint16_t*>(from), step, reinterpret_cast<uint16_t*>(to), count);
  } else if (bytes == 4) {
    gather(reinterpret_cast<const uint32_t*>(from), step, reinterpret_cast<uint32_t*>(to), count);
  } else {
    gather(reinterpret_cast<const uint64_t*>(from), step, reinterpret_cast<uint64_t*>(to), count);
  }
}

Status run(const OpArgs& args) {
  const View &x = args.inputs[0], &y = args.output;
  if (y.size() == 0) return Status::ok();
  const int last = x.rank - 1;
  // Steps in x, in elements, of x's axes; then in the output's order.
  int64_t steps[kMaxRank] = {}, moved[kMaxRank] = {};
  for (int i = last; i >= 0; --i) {
    steps[i] = i == last ? 1 : i == last - 1 ? x.row_stride : steps[i + 1] * x.shape[i + 1];
  }
  for (int i = 0; i <= last; ++i) moved[i] = steps[args.attributes->order[i]];

  const int64_t bytes = dtype_bytes(x.dtype);
  int64_t begin, end;
  args.split(y.rows(), 1, &begin, &end);
  for (int64_t r = begin; r < end; ++r) {
    int64_t offset = 0, rest = r;
    for (int i = last - 1; i >= 0; --i) {
      offset += rest % y.shape[i] * moved[i];
      rest /= y.shape[i];
    }
    gather_row(bytes, x.as<const char>() + offset * bytes, last < 0 ? 1 : moved[last], element(y, r, 0), y.cols());
  }
  return Status::ok();
}

}  // namespace

const OpDefinition transpose_op = {"transpose", check, run};

}  // namespace vectral
