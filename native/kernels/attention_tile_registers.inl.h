// attention_bf16 on tile registers (gemm_tile_step.inl.h): attention with q, k, v and the softmax's powers rounded to
// bf16.
//
// Contract   AttentionArgs in dispatch/kernels.h, without `causal`. attention_bf16_pack fills `scratch` with the head's
// keys
//            and values; then attention_bf16 may be called for any rows, by the thread that owns scratch. No register
//            stays configured. A NaN or an infinite score makes the rows that see it NaN.
// Tile       up to 16 query rows pass over blocks of kKeyBlock keys, 32 at a time: scores in registers 0 and 1, q in 4,
//            keys in 6 and 7. Then the online softmax of attention_softmax.inl.h, whose powers are the A of the second
//            product: sums of 32 columns in 0 and 1, powers in 4, values in 6 and 7.
// Tail       rows: all tiles of a call have one height; the last begins early and computes some rows twice. Keys and
//            columns are padded with zeros to 32.
// Accuracy   q, k, v and powers keep 8 bits, all sums are f32. On normal values about 1e-2 of the largest, as rounding
//            the operands alone gives.
// Why        a row meets its keys in the same order however rows are cut, so its bits depend on nothing else.

constexpr int64_t kTileKeys = kPanelColumns, kTileColumns = kPanelColumns;

inline int64_t whole_panels(int64_t n) { return (n + kPanelColumns - 1) / kPanelColumns * kPanelColumns; }

// Where the parts of scratch stand. Rows of q and of powers are whole tiles wide.
struct TileHead {
  BF16 *keys, *values, *q, *weights;
  float *sums, *scores;
  int64_t columns;      // of the head, padded
  int64_t keys_padded;  // of the sequence

  explicit TileHead(const AttentionArgs& args)
      : columns(whole_panels(args.width)), keys_padded(whole_panels(args.length)) {
    sums = args.scratch;
    scores = sums + kTileHeight * columns;
    weights = reinterpret_cast<BF16*>(scores + kTileHeight * kScoreStep);
    q = weights + kTileHeight * kKeyBlock;
    keys = q + kTileKeys * columns;  // while keys are packed, q holds 32 rows of them
    values = keys + keys_padded * columns;
  }
};

inline int64_t tile_attention_scratch(int64_t length, int64_t width) {
  const int64_t columns = whole_panels(width);
  const int64_t halves = kTileHeight * kKeyBlock + (kTileKeys + 2 * whole_panels(length)) * columns;
  return kTileHeight * (columns + kScoreStep) + halves / 2;
}

// `rows` rows of x times factor, as bf16 rows of `padded` columns; rows up to `height` are zeros.
inline void narrow_rows(const float* x, int64_t ldx, int64_t rows, int64_t columns, Vec factor, BF16* to,
                        int64_t height, int64_t padded) {
  for (int64_t r = 0; r < height; ++r, to += padded) {
    int64_t i = 0;
    for (; r < rows && i < columns; i += kLanes) {
      const float* const from = x + r * ldx + i;
      Bf16Dot::narrow(to + i, (i + kLanes <= columns ? load(from) : load_partial(from, columns - i)) * factor);
    }
    for (; i < padded; i += kLanes) store(to + i, zero());
  }
}

// Keys and values as W of the two products: panels of 32 keys, and of 32 columns of values, in groups of two.
inline void tile_attention_pack(const AttentionArgs& args) {
  const TileHead head(args);
  const PackLayout layout{DType::bf16, static_cast<int32_t>(kPanelColumns), 2, 0};
  const Vec scale = set(args.scale * kLog2E);
  for (int64_t key = 0; key < args.length; key += kTileKeys) {
    const int64_t rows = args.length - key < kTileKeys ? args.length - key : kTileKeys;
    narrow_rows(args.k + key * args.ldk, args.ldk, rows, args.width, scale, head.q, kTileKeys, head.columns);
    pack_panel(layout, head.q, head.columns * static_cast<int64_t>(sizeof(BF16)), kTileKeys, head.columns,
               head.keys + key * head.columns);
  }
  const auto value = [&](int64_t key, int64_t column) {
    if (key >= args.length || column >= args.width) return zero();
    const float* const from = args.v + key * args.ldv + column;
    return column + kLanes <= args.width ? load(from) : load_partial(from, args.width - column);
  };
  BF16* to = head.values;
  for (int64_t panel = 0; panel < head.columns; panel += kTileColumns) {
    for (int64_t key = 0; key < head.keys_padded; key += 2) {
      for (int64_t i = panel; i < panel + kTileColumns; i += kLanes, to += 2 * kLanes) {
        Bf16Dot::narrow_pairs(to, value(key, i), value(key + 1, i));
      }
    }
  }
}

// Scores of the rows in q with `keys` keys (whole panels) from `key` on.
template <typename Tiles>
inline void tile_scores(const TileHead& head, int64_t key, int64_t keys) {
  const int64_t q_step = head.columns * static_cast<int64_t>(sizeof(BF16));
  const auto* w = reinterpret_cast<const char*>(head.keys + key * head.columns);
  for (int64_t at = 0; at < keys; at += kTileKeys) {
    Tiles::template zero<0>();
    Tiles::template zero<1>();
    for (const BF16* q = head.q; q < head.q + head.columns; q += 2 * kStepGroups, w += kStepBytes) {
      Tiles::template load<4>(q, q_step);
      Tiles::template load<6>(w, kPanelStep);
      Tiles::template dot_bf16<0, 4, 6>();
      Tiles::template load<7>(w + kTileWidth, kPanelStep);
      Tiles::template dot_bf16<1, 4, 7>();
    }
    Tiles::template store<0>(head.scores + at, kScoreStep * 4);
    Tiles::template store<1>(head.scores + at + kTileHeight, kScoreStep * 4);
  }
}

// Sums of the values of `keys` keys (whole panels) from `key` on, weighted; added to those so far unless `first`.
template <typename Tiles>
inline void tile_weighted_values(const TileHead& head, int64_t key, int64_t keys, bool first) {
  const int64_t step = head.columns * 4;
  for (int64_t column = 0; column < head.columns; column += kTileColumns) {
    float* const sums = head.sums + column;
    if (first) {
      Tiles::template zero<0>();
      Tiles::template zero<1>();
    } else {
      Tiles::template load<0>(sums, step);
      Tiles::template load<1>(sums + kTileHeight, step);
    }
    const auto* w = reinterpret_cast<const char*>(head.values + column * head.keys_padded + key * kTileColumns);
    for (const BF16* weights = head.weights; weights < head.weights + keys; weights += 2 * kStepGroups) {
      Tiles::template load<4>(weights, kKeyBlock * 2);
      Tiles::template load<6>(w, kPanelStep);
      Tiles::template dot_bf16<0, 4, 6>();
      Tiles::template load<7>(w + kTileWidth, kPanelStep);
      Tiles::template dot_bf16<1, 4, 7>();
      w += kStepBytes;
    }
    Tiles::template store<0>(sums, step);
    Tiles::template store<1>(sums + kTileHeight, step);
  }
}

// Output of `rows` rows from `row` on.
template <typename Tiles>
inline void tile_attention_rows(const AttentionArgs& args, const TileHead& head, int64_t row, int64_t rows) {
  narrow_rows(args.q + row * args.ldq, args.ldq, rows, args.width, set(1.0f), head.q, rows, head.columns);
  RowStates<kTileHeight> state;
  for (int64_t key = 0; key < args.length; key += kKeyBlock) {
    const int64_t count = args.length - key < kKeyBlock ? args.length - key : kKeyBlock;
    const int64_t padded = whole_panels(count);
    for (int64_t r = 0; r < rows; ++r) state.seen[r] = count;
    tile_scores<Tiles>(head, key, padded);
    const float* const bias = args.bias ? args.bias + row * args.ldb + key : nullptr;
    attention_softmax<Bf16Out>(head.scores, head.weights, kKeyBlock, bias, args.ldb, rows, &state);
    for (int64_t i = whole_vectors(count); i < padded; i += kLanes) {
      for (int64_t r = 0; r < rows; ++r) store(head.weights + r * kKeyBlock + i, zero());
    }
    for (int64_t r = 0; r < rows && key > 0; ++r) {
      float* const sums = head.sums + r * head.columns;
      map(sums, sums, head.columns, Scaled{set(state.factor[r])});
    }
    tile_weighted_values<Tiles>(head, key, padded, key == 0);
  }
  state.finish();
  for (int64_t r = 0; r < rows; ++r) {
    map(head.sums + r * head.columns, args.out + (row + r) * args.ldo, args.width, Scaled{set(state.factor[r])});
  }
}

template <typename Tiles>
inline void tile_attention(const AttentionArgs& args) {
  assert(!args.causal);
  const int64_t rows = args.row_end - args.row_begin;
  if (rows <= 0) return;
  const int64_t blocks = (rows + kTileHeight - 1) / kTileHeight, height = (rows + blocks - 1) / blocks;
  const TileHead head(args);
  Tiles::configure(tile_config(height));
  for (int64_t block = 0; block < blocks; ++block) {
    const int64_t due = args.row_begin + block * height;
    tile_attention_rows<Tiles>(args, head, due + height <= args.row_end ? due : args.row_end - height, height);
  }
  Tiles::release();
}
