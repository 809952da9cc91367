#include "attention_bias.h"

#include <algorithm>
#include <limits>

#include "../../core/aligned_memory.h"
#include "checks.h"

namespace vectral {
namespace {

int64_t clamp(int64_t x, int64_t most) { return std::max(-most, std::min(x, most)); }

}  // namespace

AttentionBias::AttentionBias(const OpArgs& args, int first)
    : args_(args), first_(first), kind_(args.attributes->bias), window_(args.attributes->window) {}

int AttentionBias::inputs(const Attributes& attributes) {
  switch (attributes.bias) {
    case BiasKind::none:
      return 0;
    case BiasKind::square:
    case BiasKind::distance:
      return 1;
    case BiasKind::query:
    case BiasKind::key:
      return 2;
    default:
      return 3;
  }
}

Status AttentionBias::check() const {
  const int64_t heads = args_.attributes->heads, width = args_.inputs[0].cols();
  Check c("attention", args_);
  c.that(window_ < 0 || !args_.attributes->causal, "a window cannot be causal");
  if (kind_ == BiasKind::square) {
    const View& bias = input(0);
    c.type(first_, DType::f32).rank(first_, 3).contiguous(first_);
    c.that(bias.rank == 3 && bias.shape[0] == heads && bias.shape[1] == bias.shape[2], "bias must be [heads, L, L]");
  } else if (kind_ == BiasKind::distance) {
    const View& bias = input(0);
    c.type(first_, DType::f32).rank(first_, 2).contiguous(first_);
    c.that(bias.rank == 2 && bias.shape[0] == heads && bias.cols() % 2 == 1, "bias must be [heads, 2 m + 1]");
  } else if (kind_ != BiasKind::none) {
    const int tables = inputs(*args_.attributes) - 1;
    for (int i = 0; i < tables; ++i) {
      c.type(first_ + i, DType::f32).rank(first_ + i, 2).contiguous(first_ + i);
      c.that(input(i).rows() == table_rows() && input(i).cols() == width, "tables must be [R, columns of q]");
    }
    const View& distances = input(tables);
    c.type(first_ + tables, DType::i32).rank(first_ + tables, 1).contiguous(first_ + tables);
    c.that(distances.cols() % 2 == 1, "distances must be [2 m + 1]");
    if (!c.status().is_ok()) return c.status();
    const auto* at = distances.as<const int32_t>();
    const bool inside =
        std::all_of(at, at + distances.cols(), [&](int32_t row) { return row >= 0 && row < table_rows(); });
    c.that(inside, "distances must name rows of the tables");
  }
  return c.status();
}

int64_t AttentionBias::reach() const {
  return kind_ == BiasKind::square ? input(0).cols() : std::numeric_limits<int64_t>::max();
}

int64_t AttentionBias::packed_floats() const {
  const PackLayout layout = args_.kernels->gemm_layout(Arithmetic::f32, DType::f32, table_rows());
  return align_up(packed_bytes(layout, table_rows(), head_width())) / 4;
}

int64_t AttentionBias::scratch(int64_t rows, int64_t keys) const {
  int64_t floats = 0;
  if (window_ >= 0 || by_query() || by_key()) floats += align_up(4 * rows * keys) / 4;
  if (kind_ == BiasKind::distance) floats += rows + keys;
  if (by_query() || by_key()) floats += packed_floats();
  if (by_query()) floats += rows * table_rows();
  if (by_key()) floats += keys * table_rows();
  return floats;
}

// Rows [begin, end) of the sequence's x times the head's part of every row of `table`: out [end - begin, R].
void AttentionBias::products(const View& x, const View& table, const ScoreBlock& wanted, int64_t begin, int64_t end,
                             float* memory, float* out) const {
  const int64_t n = table.rows(), k = head_width(), column = wanted.head * k;
  const PackLayout layout = args_.kernels->gemm_layout(Arithmetic::f32, DType::f32, n);
  const PackedView packed{memory, layout, n, k};
  pack_panels(layout, table.as<const float>() + column, table.row_stride, 1, n, k, 0, packed.panels(), memory);
  GemmArgs gemm;
  gemm.a = x.as<const float>() + (wanted.first + begin) * x.row_stride + column;
  gemm.lda = x.row_stride;
  gemm.w = packed;
  gemm.c = out;
  gemm.ldc = n;
  gemm.row_end = end - begin;
  gemm.panel_end = packed.panels();
  args_.kernels->gemm(gemm);
}

// memory[x] = the bias at the distance key_begin - (row_end - 1) + x: a row of scores reads it from its own place on.
void AttentionBias::expand_distances(const ScoreBlock& wanted, float* memory) const {
  const int64_t most = input(0).cols() / 2,
                count = wanted.key_end - wanted.key_begin + wanted.row_end - wanted.row_begin;
  const float* const middle = input(0).as<const float>() + wanted.head * input(0).cols() + most;
  const int64_t least = wanted.key_begin - (wanted.row_end - 1);
  for (int64_t x = 0; x + 1 < count; ++x) memory[x] = middle[clamp(least + x, most)];
}

BiasBlock AttentionBias::block(const ScoreBlock& wanted, float* memory) const {
  const int64_t rows = wanted.row_end - wanted.row_begin, keys = wanted.key_end - wanted.key_begin;
  const bool filled = window_ >= 0 || by_query() || by_key();
  float* const out = memory;
  if (filled) memory += align_up(4 * rows * keys) / 4;
  BiasBlock base;
  if (kind_ == BiasKind::square) {
    const int64_t side = input(0).cols();
    base.data = input(0).as<const float>() + (wanted.head * side + wanted.row_begin) * side + wanted.key_begin;
    base.step = side;
  } else if (kind_ == BiasKind::distance) {
    expand_distances(wanted, memory);
    base.data = memory + rows - 1;
    base.step = -1;
  }
  if (!filled) return base;

  for (int64_t r = 0; r < rows; ++r) {
    float* const row = out + r * keys;
    if (base.data != nullptr) std::copy_n(base.data + r * base.step, keys, row);
    if (base.data == nullptr) std::fill_n(row, keys, 0.0f);
  }
  if (by_query() || by_key()) {
    const View& distances = input(inputs(*args_.attributes) - 1);
    const int64_t most = distances.cols() / 2, columns = table_rows();
    const int32_t* const middle = distances.as<const int32_t>() + most;
    const float scale = args_.attributes->scale;
    float* const packed = memory;
    float* products_of = memory + packed_floats();
    const auto add = [&](const float* terms, bool of_rows) {
      for (int64_t r = 0; r < rows; ++r) {
        const int64_t i = wanted.row_begin + r;
        for (int64_t c = 0; c < keys; ++c) {
          const int32_t at = middle[clamp(wanted.key_begin + c - i, most)];
          out[r * keys + c] += scale * terms[(of_rows ? r : c) * columns + at];
        }
      }
    };
    if (by_query()) {
      products(args_.inputs[0], input(0), wanted, wanted.row_begin, wanted.row_end, packed, products_of);
      add(products_of, true);
      products_of += rows * columns;
    }
    if (by_key()) {
      products(args_.inputs[1], input(by_query() ? 1 : 0), wanted, wanted.key_begin, wanted.key_end, packed,
               products_of);
      add(products_of, false);
    }
  }
  for (int64_t r = 0; r < rows && window_ >= 0; ++r) {
    const int64_t i = wanted.row_begin + r;
    for (int64_t c = 0; c < keys; ++c) {
      const int64_t distance = wanted.key_begin + c - i;
      if (distance < -window_ || distance > window_) out[r * keys + c] = -std::numeric_limits<float>::infinity();
    }
  }
  return {out, keys};
}

}  // namespace vectral
