// One head of one sequence: softmax(scale * q k^T + bias) v for a range of query rows.
//
// Contract   AttentionArgs in dispatch/kernels.h. attention_pack fills `scratch` (attention_scratch floats) from the
//            head's keys; after it attention may be called for any rows of the head, by the thread that owns scratch.
//            With `causal` row r sees keys 0 .. r, and nothing of a later key or value reaches it. Rows that see only
//            -inf give zeros. A NaN stays in the rows that see it.
// Tile       kTileRows query rows at a time pass over blocks of kKeyBlock keys: scores into an L1-resident block, the
//            softmax of each row carried on from block to block (online), then the block's values added up. Both
//            products are one tile: a few rows broadcast against kPanelVectors vectors that serve them all.
// Tail       fewer rows, fewer vectors: the same tile with fewer accumulators. Keys are padded with zeros in scratch;
//            a value's last columns are partial loads. d of q k^T and the keys of p v need no tail.
// Accuracy   scale is folded into the keys (one rounding); each product is one chain in the order of d, or of the keys.
//            About 1e-6 of the largest value at 512 keys.
// Why        a row meets its keys in the same blocks and order however rows are cut, so its bits depend on nothing else.

// Whole panels near 256 to 384 keys: scores of a tile stay within half of L1.
constexpr int64_t kMaxPanel = kPanelVectors * kLanes;
constexpr int64_t kKeyBlock = 384 / kMaxPanel * kMaxPanel;
// Off the power of two, so that the rows of scores fall into different cache sets.
constexpr int64_t kScoreStep = kKeyBlock + 16;

inline int64_t whole_vectors(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

inline int64_t attention_scratch(int64_t length, int64_t width) {
  return whole_vectors(length) * width + (length + kTileRows) * whole_vectors(width) + kTileRows * kScoreStep;
}

// y[r] = factors[r] * y[r] + sum over i < n of a[r][i] * b[i]; without factors y starts from zero.
template <int kVectors, int kRows>
void attention_tile(const float* a, int64_t lda, const float* b, int64_t ldb, int64_t n, const float* factors, float* y,
                    int64_t ldy) {
  Vec acc[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      acc[r][v] = factors ? load(y + r * ldy + v * kLanes) * set(factors[r]) : zero();
    }
  }
  for (int64_t i = 0; i < n; ++i, b += ldb) {
    Vec x[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) x[v] = load(b + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Vec p = set(a[r * lda + i]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) acc[r][v] = mul_add(p, x[v], acc[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(y + r * ldy + v * kLanes, acc[r][v]);
  }
}

using AttentionTile = void (*)(const float*, int64_t, const float*, int64_t, int64_t, const float*, float*, int64_t);

// The tiles of one height: [v] is v vectors wide.
struct AttentionTiles {
  AttentionTile of[kPanelVectors + 1];
};

template <int kRows, int kVectors = kPanelVectors>
inline void fill_tiles(AttentionTiles* tiles) {
  tiles->of[kVectors] = attention_tile<kVectors, kRows>;
  if constexpr (kVectors > 1) fill_tiles<kRows, kVectors - 1>(tiles);
}

template <int kRows = kTileRows>
inline void choose_tiles(int64_t rows, AttentionTiles* tiles) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return choose_tiles<kRows - 1>(rows, tiles);
  }
  fill_tiles<kRows>(tiles);
}

// A matrix cut into panels of kVectors... 
struct Panel {
  int64_t begin, size;  // in columns
};

// Panel p of `columns` columns (whole vectors), as even in width as they can be.
inline int64_t panels_of(int64_t columns) { return (columns + kMaxPanel - 1) / kMaxPanel; }
inline Panel panel_of(int64_t columns, int64_t p) {
  const int64_t vectors = columns / kLanes, count = panels_of(columns);
  const int64_t begin = vectors * p / count * kLanes;
  return {begin, vectors * (p + 1) / count * kLanes - begin};
}

// Keys turned: panels of kMaxPanel keys (the last as many vectors as it needs), d rows each, times scale.
inline void pack_keys(const AttentionArgs& args, float* to) {
  const int64_t d = args.width, padded = whole_vectors(args.length);
  const Vec scale = set(args.scale * kLog2E);
  for (int64_t key = 0; key < args.length; key += kLanes) {
    const int64_t panel = key / kMaxPanel * kMaxPanel;
    const int64_t step = padded - panel < kMaxPanel ? padded - panel : kMaxPanel;
    float* const column = to + panel * d + (key - panel);
    const int64_t keys = args.length - key < kLanes ? args.length - key : kLanes;
    for (int64_t c = 0; c < d; c += kLanes) {
      const int64_t columns = d - c < kLanes ? d - c : kLanes;
      const float* from = args.k + key * args.ldk + c;
      Vec square[kLanes];
      if (keys == kLanes && columns == kLanes) {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) square[i] = load(from + i * args.ldk);
      } else {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) square[i] = i < keys ? load_partial(from + i * args.ldk, columns) : zero();
      }
      transpose(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) {
        if (i < columns) store(column + (c + i) * step, square[i] * scale);
      }
    }
  }
}

// Values: panels of columns, padded with zeros, `length` rows each. In place their rows would lie pages apart.
inline void pack_values(const AttentionArgs& args, float* to) {
  const int64_t padded = whole_vectors(args.width);
  for (int64_t p = 0; p < panels_of(padded); ++p) {
    const Panel panel = panel_of(padded, p);
    for (int64_t key = 0; key < args.length; ++key) {
      const float* const from = args.v + key * args.ldv + panel.begin;
      for (int64_t i = 0; i < panel.size; i += kLanes, to += kLanes) {
        const int64_t n = args.width - panel.begin - i;
        store(to, n >= kLanes ? load(from + i) : load_partial(from + i, n));
      }
    }
  }
}

inline void attention_pack(const AttentionArgs& args) {
  pack_keys(args, args.scratch);
  pack_values(args, args.scratch + whole_vectors(args.length) * args.width);
}

constexpr int kStateRows = (kTileRows + kLanes - 1) / kLanes * kLanes;

// What the rows of a tile carry from one block of keys to the next, a lane a row.
struct RowStates {
  float largest[kStateRows];  // score so far
  float total[kStateRows];    // of exp(score - largest)
  float factor[kStateRows];   // that brings what was added up before to the new largest
  int64_t seen[kTileRows];    // keys of the present block
};

struct AddBias {
  Vec operator()(Vec score, Vec bias) const { return mul_add(bias, set(kLog2E), score); }
};

// Adds the bias, and fills each row's last vector with -inf. Gives the rows' largest scores.
inline void attention_largest(float* scores, const float* bias, int64_t ldb, int64_t rows, const RowStates& state,
                              float* largest) {
  const Vec lowest = set(-__builtin_inff());
  for (int64_t r = 0; r < rows; ++r, scores += kScoreStep) {
    const int64_t n = state.seen[r], whole = n / kLanes * kLanes;
    if (bias) map(scores, bias + r * ldb, scores, n, AddBias());
    if (whole < n) store(scores + whole, first_lanes(load(scores + whole), n - whole, lowest));
    Vec m = lowest;
    for (int64_t i = 0; i < n; i += kLanes) m = max(m, load(scores + i));
    largest[r] = reduce_max(m);
  }
}

// Turns a block of scores into exp(score - largest so far), in whole vectors: a masked store would hold up the loads
// that follow. One step over all rows after another, so that the rows overlap.
__attribute__((noinline)) void attention_softmax(float* scores, const float* bias, int64_t ldb, int64_t rows, RowStates* state) {
  float largest[kStateRows] = {}, shift[kStateRows], total[kStateRows] = {};
  attention_largest(scores, bias, ldb, rows, *state, largest);
  const Vec lowest = set(-__builtin_inff());
  for (int r = 0; r < kStateRows; r += kLanes) {
    const Vec before = load(state->largest + r), now = max(load(largest + r), before);
    const Vec by = select(less(lowest, now), now, select(is_nan(now), now, zero()));
    store(state->largest + r, now);
    store(shift + r, by);
    store(state->factor + r, exp2_below_zero(before - by));
  }
  for (int64_t r = 0; r < rows; ++r) {
    float* const row = scores + r * kScoreStep;
    const Vec by = set(shift[r]);
    Vec sum = zero();
    for (int64_t i = 0; i < state->seen[r]; i += kLanes) {
      const Vec e = exp2_below_zero(load(row + i) - by);
      sum = sum + e;
      store(row + i, e);
    }
    total[r] = reduce_add(sum);
  }
  for (int r = 0; r < kStateRows; r += kLanes) {
    store(state->total + r, mul_add(load(state->total + r), load(state->factor + r), load(total + r)));
  }
}

// Output of `rows` rows from `row` on.
inline void attention_rows(const AttentionArgs& args, const AttentionTiles& tiles, const AttentionTiles& single,
                           int64_t row, int64_t rows) {
  const int64_t d = args.width, padded = whole_vectors(d), padded_length = whole_vectors(args.length);
  const float* const keys = args.scratch;
  const float* const values = keys + padded_length * d;
  float* const sums = args.scratch + padded_length * d + args.length * padded;
  float* const scores = sums + kTileRows * padded;
  const float* const q = args.q + row * args.ldq;
  RowStates state;
  for (int r = 0; r < kStateRows; r += kLanes) {
    store(state.largest + r, set(-__builtin_inff()));
    store(state.total + r, zero());
  }

  const int64_t seen_by_last = args.causal ? row + rows : args.length;
  for (int64_t key = 0; key < seen_by_last; key += kKeyBlock) {
    const int64_t count = seen_by_last - key < kKeyBlock ? seen_by_last - key : kKeyBlock;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t causal = row + r + 1 > key ? row + r + 1 - key : 0;
      state.seen[r] = args.causal && causal < count ? causal : count;
    }
    for (int64_t at = 0; at < count; at += kMaxPanel) {
      const int64_t rest = padded_length - key - at;
      const int64_t panel = rest < kMaxPanel ? rest : kMaxPanel;
      tiles.of[panel / kLanes](q, args.ldq, keys + (key + at) * d, panel, d, nullptr, scores + at, kScoreStep);
    }
    const float* const bias = args.bias ? args.bias + row * args.ldb + key : nullptr;
    attention_softmax(scores, bias, args.ldb, rows, &state);
    const int64_t common = state.seen[0];
    for (int64_t p = 0; p < panels_of(padded); ++p) {
      const Panel panel = panel_of(padded, p);
      const float* const v = values + panel.begin * args.length + key * panel.size;
      // What all rows see in one go, then the causal staircase row by row.
      tiles.of[panel.size / kLanes](scores, kScoreStep, v, panel.size, common, key == 0 ? nullptr : state.factor,
                                    sums + panel.begin, padded);
      for (int64_t r = 1; r < rows && args.causal; ++r) {
        const float one = 1.0f;
        single.of[panel.size / kLanes](scores + r * kScoreStep + common, kScoreStep, v + common * panel.size,
                                       panel.size, state.seen[r] - common, &one, sums + r * padded + panel.begin, padded);
      }
    }
  }
  for (int r = 0; r < kStateRows; r += kLanes) {
    const Vec total = load(state.total + r);
    store(state.factor + r, select(less(total, set(0x1p-126f)), zero(), set(1.0f) / total));
  }
  for (int64_t r = 0; r < rows; ++r) {
    map(sums + r * padded, args.out + (row + r) * args.ldo, d, Scaled{set(state.factor[r])});
  }
}

inline void attention(const AttentionArgs& args) {
  // Tiles of even height: 9 rows as 5 + 4 and not 8 + 1, since a tile costs one pass over keys and values.
  const int64_t rows = args.row_end - args.row_begin, count = (rows + kTileRows - 1) / kTileRows;
  AttentionTiles tiles, single;
  choose_tiles(1, &single);
  int64_t height = 0;
  for (int64_t t = 0; t < count; ++t) {
    const int64_t begin = rows * t / count, end = rows * (t + 1) / count;
    if (end - begin != height) choose_tiles(height = end - begin, &tiles);
    attention_rows(args, tiles, single, args.row_begin + begin, height);
  }
}
