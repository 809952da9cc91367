// gemm_bf16 and gemm_i8 on tile registers (gemm_tile_step.inl.h).
//
// Contract   A as quantize_*_rows write it, W {bf16, 32, 2, 0} or {i8, 32, 4, 0}. Where W has parts, they stand one
//            after another in each panel, and A is as split_bf16_rows writes it. No register stays configured.
// Tile       up to 32 rows by a panel of 32 columns: sums in registers 0 .. 3, A in 4 and 5, W in 6 and 7. A step is 16
//            groups; every load serves two products. The 16 groups of a panel's half stand 128 bytes apart in W: the
//            layout is the one of vectors, a panel two of them wide.
// Tail       rows: all blocks of a call have one height, so that the registers are configured once and a product takes
//            no longer than its rows; the last block begins early, and rows already done are not finished again.
//            Columns: W is padded, the epilogue partial. k: the rest of a step is multiplied from copies padded with
//            zeros.
// Accuracy   bf16: steps of 32 terms, each the sum of two f32 chains (even and odd terms) added to the sum so far;
//            denormals are taken for zero. int8: exact. In parts: relative error 1.7e-7 at k = 390, half that of a
//            chain of f32. None depends on the rows beside or the cut.
// Why        a plain row-major A: with rows on cache lines, an odd number of lines apart, the 16 lines of a load fall
//            into 16 sets. Configuring costs some 200 cycles; kept from call to call, the registers would have to be
//            saved wherever the system switches threads, Node's own among them.

// The whole steps of `groups` groups, each of which fetches `share` bytes from `next` on. A function of its own, so
// that its loop has the registers to itself.
template <typename Tiles, typename Dot, bool kLower>
__attribute__((noinline)) void tile_steps(TileStep step, int64_t groups, const char* next, int64_t share) {
  for (int64_t g = 0; g < groups; g += kStepGroups) {
    Dot::template step<Tiles, kLower>(step);
    step.a += kStepGroups * kGroupBytes;
    step.w += kStepGroups * kPanelStep;
    for (int64_t line = 0; line < share; line += 64) __builtin_prefetch(next + line, 0, 2);
    next += share;
  }
}

template <typename Tiles, typename Dot, bool kLower>
void tile_blocks(const GemmArgs& args, int64_t element, int64_t blocks, int64_t height) {
  using Sum = typename Dot::Sum;
  constexpr int kAParts = Dot::kAParts, kWParts = Dot::kWParts;
  const int64_t groups = (args.w.k * element + kGroupBytes - 1) / kGroupBytes;
  const int64_t whole = groups / kStepGroups * kStepGroups, rest = groups - whole;
  const int64_t a_step = args.lda * element, a_part = a_step / kAParts, upper = upper_rows(height);
  const int64_t w_part = groups * kPanelStep, panel_bytes = w_part * kWParts;
  const auto* const a = static_cast<const char*>(args.a);
  const FinishTile<Sum> finish = finish_tile_of<Dot::kCoarse, Sum>(args);
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
      tile_steps<Tiles, Dot, kLower>({x, a_step, upper * a_step, a_part, w, w_part}, whole, next, share);
      next += whole / kStepGroups * share;
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
