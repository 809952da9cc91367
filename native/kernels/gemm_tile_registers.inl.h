// gemm_bf16 and gemm_i8 on tile registers: two-dimensional registers of 16 rows by 64 bytes, and instructions that
// multiply two of them. Tiles is the eight registers, numbered by template arguments (isa/amx/tiles.h, and an emulation
// in native/test that runs this same code on every machine):
//
//   configure, release        give each register its rows and bytes a row; give them up
//   zero<T>, load<T>(p, step), store<T>(p, step)     rows `step` bytes apart; load_once<T>: for what is not soon read
//   again dot_bf16<C, A, W>, dot_u8s8<C, A, W>             C += A * W over the 16 groups (4 bytes each) in a row of A
//
// Contract   A as quantize_*_rows write it, W {bf16, 32, 2, 0} or {i8, 32, 4, 0}. No register stays configured.
// Tile       up to 32 rows by a panel of 32 columns: sums in registers 0 .. 3, A in 4 and 5, W in 6 and 7. A step is 16
//            groups, so that every load and every product serves two others. The 16 groups of a panel's half stand 128
//            bytes apart in W: the layout is the one of vectors, a panel two of them wide.
// Tail       rows: all blocks of a call have one height, so that the registers are configured once and a product takes
// no
//            longer than its rows; the last block begins early, and rows that were done are not finished again.
//            Columns: W is padded, the epilogue partial. k: the rest of a step is multiplied from copies padded with
//            zeros.
// Accuracy   bf16: steps of 32 terms, each the sum of two f32 chains (even and odd terms) added to the sum so far;
//            denormals are taken for zero. int8: exact. Neither depends on the rows beside or the cut.
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

struct TileBf16 {
  using Sum = float;
  template <typename Tiles, int kC, int kA, int kW>
  static void dot() {
    Tiles::template dot_bf16<kC, kA, kW>();
  }
};

struct TileI8 {
  using Sum = int32_t;
  template <typename Tiles, int kC, int kA, int kW>
  static void dot() {
    Tiles::template dot_u8s8<kC, kA, kW>();
  }
};

// One step of a block; `lower` is its second tile of A, if it has one.
template <typename Tiles, typename Dot, bool kLower>
inline void tile_step(const char* upper, const char* lower, int64_t a_step, const char* w) {
  Tiles::template load_once<4>(upper, a_step);
  Tiles::template load<6>(w, kPanelStep);
  Dot::template dot<Tiles, 0, 4, 6>();
  Tiles::template load<7>(w + kTileWidth, kPanelStep);
  Dot::template dot<Tiles, 1, 4, 7>();
  if constexpr (kLower) {
    Tiles::template load_once<5>(lower, a_step);
    Dot::template dot<Tiles, 2, 5, 6>();
    Dot::template dot<Tiles, 3, 5, 7>();
  }
}

template <typename Tiles, typename Dot, bool kLower>
void tile_blocks(const GemmArgs& args, int64_t element, int64_t blocks, int64_t height) {
  using Sum = typename Dot::Sum;
  const int64_t groups = (args.w.k * element + kGroupBytes - 1) / kGroupBytes;
  const int64_t whole = groups / kStepGroups * kStepGroups, rest = groups - whole;
  const int64_t a_step = args.lda * element, panel_bytes = groups * kPanelStep, upper = upper_rows(height);
  const auto* const a = static_cast<const char*>(args.a);
  const FinishTile<Sum> finish = finish_tile_of<Sum>(args.activation);
  alignas(64) char a_rest[kBlockHeight * kTileWidth] = {}, w_rest[kStepBytes] = {};
  alignas(64) Sum tile[kBlockHeight * kPanelColumns];
  for (int64_t p = args.panel_begin; p < args.panel_end; ++p) {
    const char* const w = static_cast<const char*>(args.w.data) + p * panel_bytes;
    if (rest > 0) __builtin_memcpy(w_rest, w + whole * kPanelStep, static_cast<size_t>(rest * kPanelStep));
    // The blocks of this panel fetch the next one into L2, each its part.
    const char* next = w + panel_bytes;
    const bool fetch = args.far_weights && p + 1 < args.panel_end;
    const int64_t part = fetch ? (kStepBytes / 64 + blocks - 1) / blocks * 64 : 0;
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
        const char* const from = x + g * kGroupBytes;
        tile_step<Tiles, Dot, kLower>(from, from + upper * a_step, a_step, w + g * kPanelStep);
        for (int64_t line = 0; line < part; line += 64) __builtin_prefetch(next + line, 0, 2);
        next += part;
      }
      if (rest > 0) {
        for (int64_t r = 0; r < height; ++r) {
          __builtin_memcpy(a_rest + r * kTileWidth, x + r * a_step + whole * kGroupBytes,
                           static_cast<size_t>(rest * kGroupBytes));
        }
        tile_step<Tiles, Dot, kLower>(a_rest, a_rest + upper * kTileWidth, kTileWidth, w_rest);
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
  gemm_tile_registers<Tiles, TileBf16>(args, sizeof(BF16));
}

template <typename Tiles>
inline void tile_gemm_i8(const GemmArgs& args) {
  assert(args.w.k <= 65536);
  gemm_tile_registers<Tiles, TileI8>(args, sizeof(int8_t));
}

// Floats are multiplied as vectors.
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
