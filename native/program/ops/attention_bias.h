// What is added to attention's scores before the softmax, a block of rows at a time.
//
// Kinds (attribute `bias`; inputs from `first` on):
//   square      [H, L, L]: the same for every sequence
//   distance    [H, 2m + 1]: by j - i, clamped to -m .. m (T5, MPNet: their buckets are of distances)
//   query, key, query_key      DeBERTa's disentangled terms: scale * q_i . p and scale * k_j . p', where p and p' are
//   the
//               rows of one table each, [R, H d], that `distances` [2m + 1] (i32) names for j - i, clamped as above.
//               Inputs: the table for q, that for k, distances; a kind that has one of the tables has only it.
// `window` hides every key more than so many places away.
#pragma once

#include "../op.h"

namespace vectral {

// Row r of the block and key c of its range: data[r * step + c]. No data: nothing is added.
struct BiasBlock {
  const float* data = nullptr;
  int64_t step = 0;
};

// Which scores are asked for: rows [row_begin, row_end) and keys [key_begin, key_end) of one head of the sequence whose
// first token is `first`.
struct ScoreBlock {
  int64_t first = 0, head = 0;
  int64_t row_begin = 0, row_end = 0, key_begin = 0, key_end = 0;
};

class AttentionBias {
 public:
  AttentionBias(const OpArgs& args, int first);

  static int inputs(const Attributes& attributes);  // how many a kind has
  Status check() const;
  // No sequence may be longer than a square reaches.
  int64_t reach() const;
  // Floats that `block` needs for blocks of at most so many rows and keys.
  int64_t scratch(int64_t rows, int64_t keys) const;
  BiasBlock block(const ScoreBlock& wanted, float* memory) const;

 private:
  const View& input(int i) const { return args_.inputs[first_ + i]; }
  bool by_query() const { return kind_ == BiasKind::query || kind_ == BiasKind::query_key; }
  bool by_key() const { return kind_ == BiasKind::key || kind_ == BiasKind::query_key; }
  int64_t head_width() const { return args_.inputs[0].cols() / args_.attributes->heads; }
  int64_t table_rows() const { return input(0).rows(); }
  int64_t packed_floats() const;
  void products(const View& x, const View& table, const ScoreBlock& wanted, int64_t begin, int64_t end, float* memory,
                float* out) const;
  void expand_distances(const ScoreBlock& wanted, float* memory) const;

  const OpArgs& args_;
  int first_;
  BiasKind kind_;
  int64_t window_;
};

}  // namespace vectral
