// gemm_bf16 and gemm_i8 on tile registers: two-dimensional registers of 16 rows by 64 bytes, and instructions that
// multiply two of them. Tiles is the eight registers, numbered by template arguments (isa/amx/tiles.h, and an emulation
// in native/test that runs this same code on every machine):
//
//   configure, release        give each register its rows and bytes a row; give them up
//   zero<T>, load<T>(p, step), store<T>(p, step)     rows `step` bytes apart; load_once<T>: for what is not soon read
//   again dot_bf16<C, A, W>, dot_u8s8<C, A, W>             C += A * W over the 16 groups (4 bytes each) in a row of A
//
// Contract   A as quantize_*_rows write it, W {bf16, 32, 2, 0} or {i8, 32, 4, 0}. Where W has parts, they stand after
// one
//            another in each panel, and A is as split_bf16_rows writes it. No register stays configured.
// Tile       up to 32 rows by a panel of 32 columns: sums in registers 0 .. 3, A in 4 and 5, W in 6 and 7. A step is 16
//            groups, so that every load and every product serves two others. The 16 groups of a panel's half stand 128
//            bytes apart in W: the layout is the one of vectors, a panel two of them wide.
// Tail       rows: all blocks of a call have one height, so that the registers are configured once and a product takes
// no
//            longer than its rows; the last block begins early, and rows that were done are not finished again.
//            Columns: W is padded, the epilogue partial. k: the rest of a step is multiplied from copies padded with
//            zeros.
// Accuracy   bf16: steps of 32 terms, each the sum of two f32 chains (even and odd terms) added to the sum so far;
//            denormals are taken for zero. int8: exact. In parts: 2e-7 of the largest sum at k = 384, half the error of
//            a chain of f32. None depends on the rows beside or the cut.
// Why        a plain row-major A: with rows on cache lines, an odd number of lines apart, the 16 lines of a load fall
// into
//            16 sets. Configuring costs some 200 cycles; kept from call to call, the registers would have to be saved
//            wherever the system switches threads, Node's own among them.

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

struct TileBf16 {
  using Sum = float;
  static constexpr int kAParts = 1, kWParts = 1;
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

template <typename Tiles, typename Dot, bool kLower>
void tile_blocks(const GemmArgs& args, int64_t element, int64_t blocks, int64_t height) {
  using Sum = typename Dot::Sum;
  constexpr int kAParts = Dot::kAParts, kWParts = Dot::kWParts;
  const int64_t groups = (args.w.k * element + kGroupBytes - 1) / kGroupBytes;
  const int64_t whole = groups / kStepGroups * kStepGroups, rest = groups - whole;
  const int64_t a_step = args.lda * element, a_part = a_step / kAParts, upper = upper_rows(height);
  const int64_t w_part = groups * kPanelStep, panel_bytes = w_part * kWParts;
  const auto* const a = static_cast<const char*>(args.a);
  const FinishTile<Sum> finish = finish_tile_of<Sum>(args.activation);
  constexpr int64_t kARest = kBlockHeight * kTileWidth;
  alignas(64) char a_rest[kARest * kAParts] = {}, w_rest[kStepBytes * kWParts] = {};
  alignas(64) Sum tile[kBlockHeight * kPanelColumns];
  for (int64_t p = args.panel_begin; p < args.panel_end; ++p) {
    const char* const w = static_cast<const char*>(args.w.data) + p * panel_bytes;
    for (int part = 0; part < kWParts && rest > 0; ++part) {
      __builtin_memcpy(w_rest + part * kStepBytes, w + part * w_part + whole * kPanelStep,
                       static_cast<size_t>(rest * kPanelStep));
    }
    // The blocks of this panel fetch the next one into L2, each its part.
    const char* next = w + panel_bytes;
    const bool fetch = args.far_weights && p + 1 < args.panel_end;
    const int64_t share = fetch ? (kStepBytes * kWParts / 64 + blocks - 1) / blocks * 64 : 0;
    const int64_t column = p * kPanelColumns;
    const int64_t columns = args.w.n - column < kPanelColumns ? args.w.n - column : kPanelColumns;
    for (int64_t b = 0; b < blocks; ++b) {
      const int64_t due = args.row_begin + b * height;
      const int64_t row = due + height <= args.row_end ? due : args.row_end - height, done = due - row;
      const char* const x = a + row * a_step;
      Tiles::template zero<0>();
      Tiles::template zero<1>();
      if constexpr (kLower) {
        Tiles::template zero<2>();
        Tiles::template zero<3>();
      }
      for (int64_t g = 0; g < whole; g += kStepGroups) {
        Dot::template step<Tiles, kLower>(
            {x + g * kGroupBytes, a_step, upper * a_step, a_part, w + g * kPanelStep, w_part});
        for (int64_t line = 0; line < share; line += 64) __builtin_prefetch(next + line, 0, 2);
        next += share;
      }
      if (rest > 0) {
        for (int part = 0; part < kAParts; ++part) {
          for (int64_t r = 0; r < height; ++r) {
            __builtin_memcpy(a_rest + part * kARest + r * kTileWidth,
                             x + r * a_step + part * a_part + whole * kGroupBytes,
                             static_cast<size_t>(rest * kGroupBytes));
          }
        }
        Dot::template step<Tiles, kLower>({a_rest, kTileWidth, upper * kTileWidth, kARest, w_rest, kStepBytes});
      }
      Tiles::template store<0>(tile, kPanelStep);
      Tiles::template store<1>(tile + kTileHeight, kPanelStep);
      if constexpr (kLower) {
        Tiles::template store<2>(tile + upper * kPanelColumns, kPanelStep);
        Tiles::template store<3>(tile + upper * kPanelColumns + kTileHeight, kPanelStep);
      }
      finish(args, tile + done * kPanelColumns, row + done, height - done, column, columns);
    }
  }
}

// `element`: bytes of one of A and of W.
template <typename Tiles, typename Dot>
inline void gemm_tile_registers(const GemmArgs& args, int64_t element) {
  assert(args.w.layout.panel == kPanelColumns && args.w.layout.interleave * element == kGroupBytes);
  assert(args.w.layout.block == 0);
  const int64_t rows = args.row_end - args.row_begin;
  if (rows <= 0 || args.panel_begin >= args.panel_end) return;
  const int64_t blocks = (rows + kBlockHeight - 1) / kBlockHeight, height = (rows + blocks - 1) / blocks;
  Tiles::configure(tile_config(height));
  if (height > kTileHeight) {
    tile_blocks<Tiles, Dot, true>(args, element, blocks, height);
  } else {
    tile_blocks<Tiles, Dot, false>(args, element, blocks, height);
  }
  Tiles::release();
}

template <typename Tiles>
inline void tile_gemm_bf16(const GemmArgs& args) {
  constexpr int64_t kElement = sizeof(BF16);
  switch (args.w.layout.parts) {
    case 1:
      return gemm_tile_registers<Tiles, TileSplit<1>>(args, kElement);
    case 2:
      return gemm_tile_registers<Tiles, TileSplit<2>>(args, kElement);
    case 3:
      return gemm_tile_registers<Tiles, TileSplit<3>>(args, kElement);
    default:
      return gemm_tile_registers<Tiles, TileBf16>(args, kElement);
  }
}

template <typename Tiles>
inline void tile_gemm_i8(const GemmArgs& args) {
  assert(args.w.k <= 65536);
  gemm_tile_registers<Tiles, TileI8>(args, sizeof(int8_t));
}

// f32 is multiplied on vectors.
inline PackLayout tile_gemm_layout(Arithmetic arithmetic, DType weights, int64_t n) {
  switch (arithmetic) {
    case Arithmetic::bf16:
      return {weights, kPanelColumns, 2, 0};
    case Arithmetic::i8:
      return {weights, kPanelColumns, 4, 0};
    default:
      return gemm_layout(arithmetic, weights, n);
  }
}

// The same, but f32 weights that are packed once become as many bf16 parts as hold them exactly: 8 bits each of the 8,
// 11 or 24 they have.
inline PackLayout tile_split_layout(Arithmetic arithmetic, DType weights, int64_t n) {
  if (arithmetic != Arithmetic::f32_weights) return tile_gemm_layout(arithmetic, weights, n);
  const int32_t parts = weights == DType::bf16 ? 1 : weights == DType::f16 ? 2 : 3;
  return {DType::bf16, kPanelColumns, 2, 0, parts};
}
