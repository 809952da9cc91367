// The keys and values of one head, packed for the tiles of attention.inl.h.
//
// Contract   AttentionArgs in dispatch/kernels.h; `scratch` takes the keys, then the values.
// Layout     panels of whole vectors side by side, one row after another. Keys are turned, so a panel of keys has a row
//            for each column of the head; a panel of values has a row for each token. Padding is zeros.

// A panel fills the tile's width. A block is whole panels: the scores of a tile take up to half of L1.
constexpr int64_t kMaxPanel = kPanelVectors * kLanes;
constexpr int64_t kKeyBlock = 384 / kMaxPanel * kMaxPanel;
// Off a power of two, so that the rows of scores fall into different cache sets.
constexpr int64_t kScoreStep = kKeyBlock + 16;

inline int64_t whole_vectors(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// Width of the panels that a matrix of `columns` columns (whole vectors) is cut into, about even; the last may be
// narrower. Where there is more than one block of keys it is kMaxPanel, so no panel crosses a block's end.
inline int64_t panel_width(int64_t columns) {
  if (columns <= kMaxPanel) return columns;
  const int64_t panels = (columns + kMaxPanel - 1) / kMaxPanel, vectors = columns / kLanes;
  return (vectors + panels - 1) / panels * kLanes;
}

// Keys [key, key + kLanes) turned and times scale: column `to` of a panel, d rows `step` apart. Keys past the last are
// zeros.
inline void turn_keys(const AttentionArgs& args, int64_t key, Vec scale, float* to, int64_t step) {
  const int64_t keys = args.length - key < kLanes ? args.length - key : kLanes;
  for (int64_t c = 0; c < args.width; c += kLanes) {
    const int64_t columns = args.width - c < kLanes ? args.width - c : kLanes;
    const float* const from = args.k + key * args.ldk + c;
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
      if (i < columns) store(to + (c + i) * step, square[i] * scale);
    }
  }
}

// Keys: panels of keys, d rows each.
inline void pack_keys(const AttentionArgs& args, float* to) {
  const int64_t padded = whole_vectors(args.length), width = panel_width(padded);
  const Vec scale = set(args.scale * kLog2E);
  for (int64_t panel = 0; panel < padded; panel += width) {
    const int64_t step = padded - panel < width ? padded - panel : width;
    for (int64_t i = 0; i < step; i += kLanes) turn_keys(args, panel + i, scale, to + panel * args.width + i, step);
  }
}

// Values: panels of columns, padded with zeros, `length` rows each. In place their rows would lie pages apart.
inline void pack_values(const AttentionArgs& args, float* to) {
  const int64_t padded = whole_vectors(args.width), width = panel_width(padded);
  for (int64_t panel = 0; panel < padded; panel += width) {
    const int64_t end = padded - panel < width ? padded : panel + width;
    for (int64_t key = 0; key < args.length; ++key) {
      const float* const from = args.v + key * args.ldv;
      for (int64_t i = panel; i < end; i += kLanes, to += kLanes) {
        store(to, i + kLanes <= args.width ? load(from + i) : load_partial(from + i, args.width - i));
      }
    }
  }
}

inline void attention_pack(const AttentionArgs& args) {
  pack_keys(args, args.scratch);
  pack_values(args, args.scratch + whole_vectors(args.length) * args.width);
}
