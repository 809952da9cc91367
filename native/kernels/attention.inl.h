// One head of one sequence: softmax(scale * q k^T + bias) v for a range of query rows.
//
// Contract   AttentionArgs in dispatch/kernels.h. attention_pack fills `scratch` (attention_scratch floats) with the
//            head's keys and values; after it attention may be called for any rows of the head, by the thread that owns
//            scratch. With `causal` row r sees keys 0 .. r, and nothing of a later key or value reaches it. Rows that
//            see only -inf give zeros. A NaN or an infinite score makes the rows that see it NaN.
// Tile       kTileRows query rows pass over blocks of kKeyBlock keys: scores into a block that stays in L1, the softmax
//            of each row carried on from block to block (online), then the block's values added up. Both products are
//            the tile of gemm_tile.inl.h: a few rows broadcast against up to kPanelVectors vectors that serve them all.
// Tail       fewer rows, fewer vectors: the same tile with fewer accumulators. Keys and the columns of values are
//            padded to whole vectors in scratch; nothing else needs a tail.
// Accuracy   each product is one chain in the order of columns, or of keys. scale and log2(e) are folded into the keys
//            with one rounding. Worst seen at 513 keys: 1.4e-6 for values up to 4.5.
// Why        a row meets its keys in the same blocks and order however rows are cut, so its bits depend on nothing
// else.
//            Exponentials are powers of two, which saves a third of exp. Values read in place instead of packed were
//            25 % slower with AVX2 at 128 tokens.

inline int64_t attention_scratch(int64_t length, int64_t width) {
  return whole_vectors(length) * width + (length + kTileRows) * whole_vectors(width) + kTileRows * kScoreStep;
}

// Both products of attention: y[r] (+)= sum over i < n of a[r][i] * b[i], the tile of the f32 GEMM.
using AttentionTile = void (*)(const float* a, int64_t lda, const float* b, int64_t n, float* y, int64_t ldy,
                               const void* next);

// The tiles of one height: [v] is v vectors wide. `first` begins with zeros, `more` goes on from y.
struct AttentionTiles {
  AttentionTile first[kPanelVectors + 1], more[kPanelVectors + 1];
};

template <int kRows, int kVectors = kPanelVectors>
inline void fill_tiles(AttentionTiles* tiles) {
  tiles->first[kVectors] = gemm_tile<F32Dot<float>, kRows, kVectors, false, Fetch::nothing>;
  tiles->more[kVectors] = gemm_tile<F32Dot<float>, kRows, kVectors, true, Fetch::nothing>;
  if constexpr (kVectors > 1) fill_tiles<kRows, kVectors - 1>(tiles);
}

template <int kRows = kTileRows>
inline void choose_tiles(int64_t rows, AttentionTiles* tiles) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return choose_tiles<kRows - 1>(rows, tiles);
  }
  fill_tiles<kRows>(tiles);
}

// Output of `rows` rows from `row` on.
inline void attention_rows(const AttentionArgs& args, const AttentionTiles& tiles, const AttentionTiles& single,
                           int64_t row, int64_t rows) {
  const int64_t d = args.width, padded = whole_vectors(d), padded_length = whole_vectors(args.length);
  const int64_t key_panel = panel_width(padded_length), value_panel = panel_width(padded);
  const float* const keys = args.scratch;
  const float* const values = keys + padded_length * d;
  float* const sums = args.scratch + padded_length * d + args.length * padded;
  float* const scores = sums + kTileRows * padded;
  const float* const q = args.q + row * args.ldq;
  RowStates<kTileRows> state;

  const int64_t seen_by_last = args.causal ? row + rows : args.length;
  for (int64_t key = 0; key < seen_by_last; key += kKeyBlock) {
    const int64_t count = seen_by_last - key < kKeyBlock ? seen_by_last - key : kKeyBlock;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t causal = row + r + 1 > key ? row + r + 1 - key : 0;
      state.seen[r] = args.causal && causal < count ? causal : count;
    }
    for (int64_t at = 0; at < count; at += key_panel) {
      const int64_t rest = padded_length - key - at;
      const int64_t panel = rest < key_panel ? rest : key_panel;
      tiles.first[panel / kLanes](q, args.ldq, keys + (key + at) * d, d, scores + at, kScoreStep, nullptr);
    }
    const float* const bias = args.bias ? args.bias + row * args.ldb + key : nullptr;
    attention_softmax<F32Out>(scores, scores, kScoreStep, bias, args.ldb, rows, &state);
    for (int64_t r = 0; r < rows && key > 0; ++r) {
      map(sums + r * padded, sums + r * padded, padded, Scaled{set(state.factor[r])});
    }
    const AttentionTile* const add = key == 0 ? tiles.first : tiles.more;
    const int64_t common = state.seen[0];
    for (int64_t column = 0; column < padded; column += value_panel) {
      const int64_t panel = padded - column < value_panel ? padded - column : value_panel;
      const float* const v = values + column * args.length + key * panel;
      // What all rows see in one go, then the causal staircase row by row.
      add[panel / kLanes](scores, kScoreStep, v, common, sums + column, padded, nullptr);
      for (int64_t r = 1; r < rows && args.causal; ++r) {
        single.more[panel / kLanes](scores + r * kScoreStep + common, kScoreStep, v + common * panel,
                                    state.seen[r] - common, sums + r * padded + column, padded, nullptr);
      }
    }
  }
  state.finish();
  for (int64_t r = 0; r < rows; ++r) {
    map(sums + r * padded, args.out + (row + r) * args.ldo, d, Scaled{set(state.factor[r])});
  }
}

inline void attention(const AttentionArgs& args) {
  // Tiles of even height: 9 rows as 5 + 4 and not 8 + 1, since a tile costs one pass over keys and values.
  const int64_t rows = args.row_end - args.row_begin, count = (rows + kTileRows - 1) / kTileRows;
  if (rows == 0) return;
  const int64_t step = (rows + count - 1) / count;
  AttentionTiles tiles, single;
  choose_tiles(1, &single);
  choose_tiles(step, &tiles);
  for (int64_t row = args.row_begin; row < args.row_end; row += step) {
    const int64_t height = args.row_end - row < step ? args.row_end - row : step;
    if (height < step) choose_tiles(height, &tiles);
    attention_rows(args, tiles, single, row, height);
  }
}

// Where no instruction set has better, bf16 arithmetic is f32's.
inline int64_t attention_bf16_scratch(int64_t length, int64_t width) { return attention_scratch(length, width); }
inline void attention_bf16_pack(const AttentionArgs& args) { attention_pack(args); }
inline void attention_bf16(const AttentionArgs& args) { attention(args); }
