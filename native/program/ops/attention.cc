// attention and attentionProbs over packed sequences: softmax(scale q k^T + bias), times v.
//
// The work is cut into units of one (sequence, head, block of query rows). A thread packs the keys (and values) of its
// unit's head once and keeps them for the next block. Which unit a row falls into never changes its bits: the kernels
// see to that.
#include <algorithm>
#include <limits>

#include "../../core/aligned_memory.h"
#include "attention_bias.h"
#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

constexpr int64_t kBlockRows = 64;
constexpr int64_t kUnitOverhead = 32;  // what a unit costs besides its scores, in scores a row

struct Inputs {
  explicit Inputs(const OpArgs& args, bool with_values)
      : q(args.inputs[0]),
        k(args.inputs[1]),
        v(args.inputs[with_values ? 2 : 1]),
        offsets(args.inputs[with_values ? 3 : 2]),
        bias(args, with_values ? 4 : 3),
        heads(args.attributes->heads),
        width(heads > 0 ? q.cols() / heads : 0) {
    // after the bias may come numbers of keys
    const int most = (with_values ? 4 : 3) + AttentionBias::inputs(*args.attributes);
    if (args.input_count > most) keys = &args.inputs[most];
  }

  const View &q, &k, &v, &offsets;
  AttentionBias bias;
  const View* keys = nullptr;
  int64_t heads;
  int64_t width;  // of one head

  int64_t sequences() const { return offsets.cols() - 1; }
  int64_t begin(int64_t s) const { return offsets.as<const int32_t>()[s]; }
  int64_t length(int64_t s) const { return begin(s + 1) - begin(s); }
  // Tokens of a sequence that its tokens see.
  int64_t seen(int64_t s) const { return keys != nullptr ? keys->as<const int32_t>()[s] : length(s); }
};

struct Unit {
  int64_t sequence, head, row_begin, row_end;
};

// Calls visit(unit) for this thread's share: units of about equal cost in total, in order.
template <typename Visit>
void for_each_unit(const OpArgs& args, const Inputs& in, Visit visit) {
  const auto cost = [](int64_t rows, int64_t length) { return rows * (length + kUnitOverhead); };
  int64_t total = 0;
  for (int64_t s = 0; s < in.sequences(); ++s) total += in.heads * cost(in.length(s), in.length(s));
  int64_t before = 0;
  for (int64_t s = 0; s < in.sequences(); ++s) {
    const int64_t length = in.length(s);
    for (int64_t h = 0; h < in.heads; ++h) {
      for (int64_t r = 0; r < length; r += kBlockRows) {
        const int64_t end = std::min(r + kBlockRows, length);
        const int64_t place = before * args.threads - total * args.thread;
        if (place >= 0 && place < total) visit(Unit{s, h, r, end});
        before += cost(end - r, length);
      }
    }
  }
}

// Packed keys of one head: W of the GEMM q k^T.
PackedView pack_keys(const OpArgs& args, const Inputs& in, const Unit& unit, void* memory) {
  const int64_t n = in.length(unit.sequence), k = in.width;
  const PackLayout layout = args.kernels->gemm_layout(Arithmetic::f32, DType::f32, n);
  const PackedView packed{memory, layout, n, k};
  const float* source = in.k.as<const float>() + in.begin(unit.sequence) * in.k.row_stride + unit.head * k;
  pack_panels(layout, source, in.k.row_stride, 1, n, k, 0, packed.panels(), memory);
  return packed;
}

int64_t key_bytes_of(const OpArgs& args, int64_t n, int64_t k) {
  return align_up(packed_bytes(args.kernels->gemm_layout(Arithmetic::f32, DType::f32, n), n, k));
}

// Probabilities of the unit's rows over all keys of its sequence; row r goes to out + r * length.
void probabilities(const OpArgs& args, const Inputs& in, const Unit& unit, const PackedView& keys, float* memory,
                   float* out) {
  const int64_t length = keys.n, rows = unit.row_end - unit.row_begin;
  GemmArgs gemm;
  gemm.a = in.q.as<const float>() + (in.begin(unit.sequence) + unit.row_begin) * in.q.row_stride + unit.head * in.width;
  gemm.lda = in.q.row_stride;
  gemm.w = keys;
  gemm.c = out;
  gemm.ldc = length;
  gemm.row_end = rows;
  gemm.panel_end = keys.panels();
  args.kernels->gemm(gemm);
  args.kernels->scale(out, args.attributes->scale, out, rows * length);
  const BiasBlock bias =
      in.bias.block({in.begin(unit.sequence), unit.head, unit.row_begin, unit.row_end, 0, length}, memory);
  for (int64_t r = 0; r < rows; ++r) {
    float* const row = out + r * length;
    const int64_t query = unit.row_begin + r;
    if (bias.data != nullptr) args.kernels->add(row, bias.data + r * bias.step, row, length);
    const int64_t seen = args.attributes->causal ? query + 1 : in.seen(unit.sequence);
    std::fill(row + seen, row + length, -std::numeric_limits<float>::infinity());
  }
  args.kernels->softmax(out, length, out, length, rows, length);
}

Status check_common(const char* op, const OpArgs& args, bool with_values) {
  Check c(op, args);
  const int least = with_values ? 4 : 3;
  const int all = least + AttentionBias::inputs(*args.attributes);
  if (!c.inputs(all, all + 1)) return c.status();
  const int64_t heads = args.attributes->heads;
  for (int i = 0; i + 1 < least; ++i) {
    c.type(i, DType::f32)
        .rank(i, 2)
        .that(same_shape(args.inputs[i], args.inputs[0]), "q, k and v must have equal shapes");
  }
  c.that(heads >= 1 && args.inputs[0].cols() % std::max<int64_t>(heads, 1) == 0,
         "the columns of q must be a multiple of `heads`, which must be at least 1");
  c.type(least - 1, DType::i32).rank(least - 1, 1).contiguous(least - 1).output(DType::f32);
  c.that(args.inputs[least - 1].cols() >= 1, "offsets must not be empty");
  if (args.input_count > all) {
    c.type(all, DType::i32).rank(all, 1).contiguous(all);
    c.that(args.inputs[all].cols() == args.inputs[least - 1].cols() - 1, "keys must have one entry a sequence");
    c.that(!args.attributes->causal, "keys do not go with `causal`");
  }
  if (!c.status().is_ok()) return c.status();
  return AttentionBias(args, least).check();
}

Status check_attention(const OpArgs& args) {
  if (Status status = check_common("attention", args, true); !status.is_ok()) return status;
  return Check("attention", args).output_like(0).status();
}

Status check_probs(const OpArgs& args) {
  if (Status status = check_common("attentionProbs", args, false); !status.is_ok()) return status;
  const bool fits = args.output.rank == 2 && args.output.shape[0] == args.attributes->heads;
  return Check("attentionProbs", args).that(fits, "output must be [heads, sum of squared lengths]").status();
}

// What only the values tell: offsets are sound, each sequence has the keys it sees, and none is longer than the bias.
Status check_lengths(const char* op, const Inputs& in, int64_t* longest) {
  if (Status status = check_offsets(op, in.offsets, in.q.rows()); !status.is_ok()) return status;
  *longest = 0;
  for (int64_t s = 0; s < in.sequences(); ++s) {
    *longest = std::max(*longest, in.length(s));
    const int64_t seen = in.seen(s);
    if (seen > in.length(s) || (seen < 1 && in.length(s) > 0) || seen < 0) {
      return Status::error(std::string(op) + ": sequence " + std::to_string(s) + " has " +
                           std::to_string(in.length(s)) + " tokens, its number of keys must be from 1 to that, got " +
                           std::to_string(seen));
    }
  }
  if (*longest <= in.bias.reach()) return Status::ok();
  return Status::error(std::string(op) + ": a sequence has " + std::to_string(*longest) +
                       " tokens, but bias reaches only " + std::to_string(in.bias.reach()));
}

// The attention of the step's arithmetic. int8 has none of its own: bf16 is as fast here, and more exact.
struct AttentionKernels {
  explicit AttentionKernels(const OpArgs& args) {
    const KernelTable& k = *args.kernels;
    const bool half = args.attributes->arithmetic != Arithmetic::f32 && !args.attributes->causal;
    scratch = half ? k.attention_bf16_scratch : k.attention_scratch;
    pack = half ? k.attention_bf16_pack : k.attention_pack;
    rows = half ? k.attention_bf16 : k.attention;
  }
  decltype(KernelTable::attention_scratch) scratch;
  decltype(KernelTable::attention_pack) pack;
  decltype(KernelTable::attention) rows;
};

// Keys that some row of a block sees.
ScoreBlock seen_by(const OpArgs& args, const Inputs& in, const Unit& unit) {
  const int64_t seen = in.seen(unit.sequence), window = args.attributes->window;
  ScoreBlock block{in.begin(unit.sequence), unit.head, unit.row_begin, unit.row_end, 0, seen};
  if (window >= 0) {
    block.key_begin = std::min(std::max<int64_t>(unit.row_begin - window, 0), seen);
    block.key_end = std::min(unit.row_end + window, seen);
  }
  return block;
}

Status run_attention(const OpArgs& args) {
  const Inputs in(args, true);
  int64_t longest;
  if (Status status = check_lengths("attention", in, &longest); !status.is_ok()) return status;
  const AttentionKernels kernels(args);
  const int64_t window = args.attributes->window;
  const int64_t keys = window >= 0 ? std::min(longest, kBlockRows + 2 * window) : longest;
  const int64_t floats = align_up(4 * kernels.scratch(keys, in.width)) / 4;
  float* const memory = args.scratch->get<float>(floats + in.bias.scratch(kBlockRows, keys));
  if (memory == nullptr) return out_of_memory("attention");

  AttentionArgs head;
  head.ldq = in.q.row_stride;
  head.ldk = in.k.row_stride;
  head.ldv = in.v.row_stride;
  head.ldo = args.output.row_stride;
  head.width = in.width;
  head.scale = args.attributes->scale;
  head.causal = args.attributes->causal;
  head.scratch = memory;
  int64_t packed_sequence = -1, packed_head = -1;
  for_each_unit(args, in, [&](const Unit& unit) {
    const ScoreBlock block = seen_by(args, in, unit);
    const int64_t column = unit.head * in.width;
    // a window moves on with the rows
    if (unit.sequence != packed_sequence || unit.head != packed_head || window >= 0) {
      const int64_t key = block.first + block.key_begin;
      head.k = in.k.as<const float>() + key * head.ldk + column;
      head.v = in.v.as<const float>() + key * head.ldv + column;
      head.length = block.key_end - block.key_begin;
      kernels.pack(head);
      packed_sequence = unit.sequence;
      packed_head = unit.head;
    }
    // causal rows and keys count from one place
    const int64_t origin = head.causal ? 0 : unit.row_begin;
    if (head.length == 0) {
      for (int64_t r = unit.row_begin; r < unit.row_end; ++r) {
        std::fill_n(args.output.as<float>() + (block.first + r) * head.ldo + column, in.width, 0.0f);
      }
      return;
    }
    head.q = in.q.as<const float>() + (block.first + origin) * head.ldq + column;
    head.out = args.output.as<float>() + (block.first + origin) * head.ldo + column;
    head.row_begin = unit.row_begin - origin;
    head.row_end = unit.row_end - origin;
    const BiasBlock bias = in.bias.block(block, memory + floats);
    head.bias = bias.data != nullptr ? bias.data - head.row_begin * bias.step : nullptr;
    head.ldb = bias.step;
    kernels.rows(head);
  });
  return Status::ok();
}

Status run_probs(const OpArgs& args) {
  const Inputs in(args, false);
  int64_t longest;
  if (Status status = check_lengths("attentionProbs", in, &longest); !status.is_ok()) return status;
  int64_t squares = 0, key_bytes = 0;
  for (int64_t s = 0; s < in.sequences(); ++s) {
    squares += in.length(s) * in.length(s);
    key_bytes = std::max(key_bytes, key_bytes_of(args, in.length(s), in.width));
  }
  if (squares != args.output.cols()) {
    return Status::error("attentionProbs: output must have " + std::to_string(squares) + " columns, got " +
                         std::to_string(args.output.cols()));
  }
  const int64_t bias_bytes = 4 * in.bias.scratch(kBlockRows, longest);
  char* const memory = args.scratch->get<char>(align_up(key_bytes) + bias_bytes);
  if (memory == nullptr) return out_of_memory("attentionProbs");
  auto* const bias_memory = reinterpret_cast<float*>(memory + align_up(key_bytes));

  PackedView keys;
  int64_t packed_sequence = -1, packed_head = -1, sequence = 0, first = 0;  // first: of the sequence's block of T x T
  for_each_unit(args, in, [&](const Unit& unit) {
    for (; sequence < unit.sequence; ++sequence) first += in.length(sequence) * in.length(sequence);
    if (unit.sequence != packed_sequence || unit.head != packed_head) {
      keys = pack_keys(args, in, unit, memory);
      packed_sequence = unit.sequence;
      packed_head = unit.head;
    }
    probabilities(args, in, unit, keys, bias_memory,
                  args.output.as<float>() + unit.head * squares + first + unit.row_begin * keys.n);
  });
  return Status::ok();
}

}  // namespace

const OpDefinition attention_op = {"attention", check_attention, run_attention};
const OpDefinition attention_probs_op = {"attentionProbs", check_probs, run_probs};

}  // namespace vectral
