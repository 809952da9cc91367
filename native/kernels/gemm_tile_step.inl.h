// Tile registers, and one step of a GEMM on them: two-dimensional registers of 16 rows by 64 bytes, and instructions
// that multiply two of them. Tiles is the eight registers, numbered by template arguments (isa/amx/tiles.h, and an
// emulation in native/test that runs this same code on every machine):
//
//   configure, release        give each register its rows and bytes a row; give them up
//   zero<T>, load<T>(p, step), store<T>(p, step)      rows `step` bytes apart
//   load_once<T>(p, step)     the same for what is not soon read again
//   dot_bf16<C, A, W>, dot_u8s8<C, A, W>              C += A * W over the 16 groups (4 bytes each) in a row of A

constexpr int64_t kTileHeight = 16, kTileWidth = 64;             // in rows and bytes
constexpr int64_t kGroupBytes = 4, kPanelStep = 2 * kTileWidth;  // of a group in A; of a panel's groups in W
constexpr int64_t kStepGroups = 16, kStepBytes = kStepGroups * kPanelStep;
constexpr int64_t kPanelColumns = 2 * kTileHeight, kBlockHeight = 2 * kTileHeight;

// What the processor reads: palette 1 has eight registers. Those not named stay unusable.
struct alignas(64) TileConfig {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {};
  uint8_t rows[16] = {};

  void set(int tile, int64_t height) {
    row_bytes[tile] = kTileWidth;
    rows[tile] = static_cast<uint8_t>(height);
  }
};
static_assert(sizeof(TileConfig) == 64);

// Rows of a block in the first of its two tiles of A.
inline int64_t upper_rows(int64_t height) { return height > kTileHeight ? (height + 1) / 2 : height; }

inline TileConfig tile_config(int64_t height) {
  const int64_t upper = upper_rows(height), lower = height - upper;
  TileConfig config;
  config.set(0, upper);
  config.set(1, upper);
  config.set(4, upper);
  config.set(6, kStepGroups);
  config.set(7, kStepGroups);
  if (lower > 0) {
    config.set(2, lower);
    config.set(3, lower);
    config.set(5, lower);
  }
  return config;
}

// What one step of a block multiplies. The second tile of A, if there is one, is `lower` bytes after the first; the
// parts of A and W, if they have several, a_part and w_part bytes after one another.
struct TileStep {
  const char* a;
  int64_t a_step, lower, a_part;
  const char* w;
  int64_t w_part;
};

// Sums += part kA of A * part kW of W. An operand that is not loaded is still there from the product before.
template <typename Tiles, typename Dot, bool kLower, int kA = 0, int kW = 0, bool kLoadA = true, bool kLoadW = true>
inline void tile_product(const TileStep& s) {
  const char *const a = s.a + kA * s.a_part, *const w = s.w + kW * s.w_part;
  if constexpr (kLoadA) Tiles::template load_once<4>(a, s.a_step);
  if constexpr (kLoadW) Tiles::template load<6>(w, kPanelStep);
  Dot::template dot<Tiles, 0, 4, 6>();
  if constexpr (kLoadW) Tiles::template load<7>(w + kTileWidth, kPanelStep);
  Dot::template dot<Tiles, 1, 4, 7>();
  if constexpr (kLower) {
    if constexpr (kLoadA) Tiles::template load_once<5>(a + s.lower, s.a_step);
    Dot::template dot<Tiles, 2, 5, 6>();
    Dot::template dot<Tiles, 3, 5, 7>();
  }
}

// kCoarse: whether activations may be coarse (math.inl.h).
struct TileBf16 {
  using Sum = float;
  static constexpr int kAParts = 1, kWParts = 1;
  static constexpr bool kCoarse = true;
  template <typename Tiles, int kC, int kA, int kW>
  static void dot() {
    Tiles::template dot_bf16<kC, kA, kW>();
  }
  template <typename Tiles, bool kLower>
  static void step(const TileStep& s) {
    tile_product<Tiles, TileBf16, kLower>(s);
  }
};

struct TileI8 {
  using Sum = int32_t;
  static constexpr int kAParts = 1, kWParts = 1;
  static constexpr bool kCoarse = true;
  template <typename Tiles, int kC, int kA, int kW>
  static void dot() {
    Tiles::template dot_u8s8<kC, kA, kW>();
  }
  template <typename Tiles, bool kLower>
  static void step(const TileStep& s) {
    tile_product<Tiles, TileI8, kLower>(s);
  }
};

// f32 in bf16 parts: a value is part 0 + part 1 + part 2, each rounded from what the ones before leave, with at most
// 2^-9 of their size. Products whose parts' numbers add up to 3 or more are below the rounding of f32 and left out.
// In an order in which each product shares an operand with the one before.
template <int kParts>
struct TileSplit {
  using Sum = float;
  static constexpr int kAParts = 3, kWParts = kParts;
  static constexpr bool kCoarse = false;
  template <typename Tiles, bool kLower>
  static void step(const TileStep& s) {
    tile_product<Tiles, TileBf16, kLower, 2, 0>(s);
    if constexpr (kParts > 1) {
      tile_product<Tiles, TileBf16, kLower, 1, 0, true, false>(s);
      tile_product<Tiles, TileBf16, kLower, 1, 1, false, true>(s);
      tile_product<Tiles, TileBf16, kLower, 0, 1, true, false>(s);
      if constexpr (kParts > 2) tile_product<Tiles, TileBf16, kLower, 0, 2, false, true>(s);
      tile_product<Tiles, TileBf16, kLower, 0, 0, false, true>(s);
    } else {
      tile_product<Tiles, TileBf16, kLower, 1, 0, true, false>(s);
      tile_product<Tiles, TileBf16, kLower, 0, 0, true, false>(s);
    }
  }
};
