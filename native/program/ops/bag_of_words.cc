// bagOfWords: a column for each word, and in a sequence's row what its tokens weigh.
#include <algorithm>
#include <string>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

Status check(const OpArgs& args) {
  Check c("bagOfWords", args);
  if (!c.inputs(3, 3)) return c.status();
  const View &weights = args.inputs[1], &offsets = args.inputs[2];
  c.type(0, DType::i32).rank(0, 1).contiguous(0).output(DType::f32);
  c.type(1, DType::f32).rank(1, 1).contiguous(1);
  c.type(2, DType::i32).rank(2, 1).contiguous(2);
  c.that(offsets.cols() >= 1, "offsets must not be empty");
  c.that(args.output.rank == 2 && args.output.rows() == offsets.cols() - 1 && args.output.cols() == weights.cols(),
         "output must be [sequences, words]");
  return c.status();
}

Status run(const OpArgs& args) {
  const View &ids = args.inputs[0], &offsets = args.inputs[2];
  if (Status status = check_offsets("bagOfWords", offsets, ids.cols()); !status.is_ok()) return status;
  const auto *const at = offsets.as<const int32_t>(), *const id = ids.as<const int32_t>();
  const auto* const weights = args.inputs[1].as<const float>();
  const int64_t words = args.output.cols();
  int64_t begin, end;
  args.split(offsets.cols() - 1, 1, &begin, &end);
  for (int64_t s = begin; s < end; ++s) {
    float* const y = args.output.as<float>() + s * args.output.row_stride;
    std::fill_n(y, words, 0.0f);
    for (int32_t i = at[s]; i < at[s + 1]; ++i) {
      if (id[i] < 0 || id[i] >= words) {
        return Status::error("bagOfWords: id " + std::to_string(id[i]) + " at position " + std::to_string(i) +
                             " is outside the " + std::to_string(words) + " words");
      }
      y[id[i]] = args.attributes->cumulative ? y[id[i]] + weights[id[i]] : weights[id[i]];
    }
  }
  return Status::ok();
}

}  // namespace

const OpDefinition bag_of_words_op = {"bagOfWords", check, run};

}  // namespace vectral
