// The loops every GEMM shares: blocks of rows, panels of W, register tiles over k. What is multiplied is a Dot:
//
//   A, W, Sum         element types of A and of packed W, and of a finished sum (float or int32_t)
//   kCoarse           whether activations may be coarse (math.inl.h)
//   Acc               kLanes sums in a register; start(): zeros; write(Sum*, Acc)
//   kGroup            consecutive k that one element of Acc consumes at once (the layout's interleave)
//   kSteps            multiply-adds that this takes
//   weights(p, s)     operand of step s from kLanes groups of W;  activation(p, s): the same from one group of A, in
//                     every lane;  accumulate(x, w, &acc)
//
// Tile       kTileRows rows of A times one panel: the accumulators fill the registers, each load of W serves all rows
//            of the tile, each broadcast of A the whole panel.
// Tail       fewer rows: the same tile with fewer accumulators. Fewer columns: W is padded with zeros, the store is
//            partial. k is padded to whole groups.
// Why        a tile with nothing to add goes straight to C. Otherwise it passes through a small buffer to the epilogue,
//            which so is compiled once per activation and not once per tile shape; that costs one store and one load
//            per element of C, 1 % at k = 384.

// The first tile that meets a panel fetches W this far ahead of its use, if it has at least so many rows: for it W
// comes from outside L2. Measured on Zen 4 at K = 384, N = 1536, M = 8, median of 7 interleaved runs against none: int8
// + 12 %, bf16 + 10 %, f32 by bf16 + 6 %; W in L2: even. A single row has no time to spare between its loads.
constexpr int kAheadBytes = 8192, kAheadRows = 4, kLine = 64;

// Rows of A kept in L2 while all panels pass over them.
constexpr int64_t kRowBlockBytes = 256 * 1024;

// Sums of a tile over `groups` groups of k; with kFromOut they go on from what `out` holds. kFetch comes from `next`
// on. An instruction set may have the loop in assembly.
template <typename Dot, int kRows, int kVectors, bool kFromOut, Fetch kFetch>
void gemm_tile(const typename Dot::A* a, int64_t lda, const typename Dot::W* w, int64_t groups, typename Dot::Sum* out,
               int64_t ldo, const void* next) {
  constexpr TileShape<kRows, kVectors, kFromOut, kFetch> shape;
  if constexpr (requires { assembly_tile(shape, a, lda, w, groups, out, ldo, next); }) {
    return assembly_tile(shape, a, lda, w, groups, out, ldo, next);
  } else {
    typename Dot::Acc acc[kRows][kVectors];
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) {
        if constexpr (kFromOut) {
          acc[r][v] = Dot::read(out + r * ldo + v * kLanes);
        } else {
          acc[r][v] = Dot::start();
        }
      }
    }
    for (int64_t i = 0; i < groups; ++i, a += Dot::kGroup, w += kVectors * kLanes * Dot::kGroup) {
      if constexpr (kFetch == Fetch::lines) __builtin_prefetch(static_cast<const char*>(next) + i * kLine, 0, 2);
      if constexpr (kFetch == Fetch::groups) {
        constexpr int kBytes = kVectors * kLanes * Dot::kGroup * static_cast<int>(sizeof(typename Dot::W));
#pragma GCC unroll 4
        for (int at = 0; at < kBytes; at += kLine) {
          __builtin_prefetch(static_cast<const char*>(next) + i * kBytes + at);
        }
      }
#pragma GCC unroll 2
      for (int s = 0; s < Dot::kSteps; ++s) {
        decltype(Dot::weights(w, 0)) b[kVectors];
#pragma GCC unroll 4
        for (int v = 0; v < kVectors; ++v) b[v] = Dot::weights(w + v * kLanes * Dot::kGroup, s);
#pragma GCC unroll 8
        for (int r = 0; r < kRows; ++r) {
          const auto x = Dot::activation(a + r * lda, s);
#pragma GCC unroll 4
          for (int v = 0; v < kVectors; ++v) Dot::accumulate(x, b[v], &acc[r][v]);
        }
      }
    }
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) Dot::write(out + r * ldo + v * kLanes, acc[r][v]);
    }
  }
}

// Picks the tile of exactly `rows` rows.
template <typename Dot, int kVectors, bool kFromOut, Fetch kFetch, int kRows = kTileRows>
inline void gemm_tile_of(int64_t rows, const typename Dot::A* a, int64_t lda, const typename Dot::W* w, int64_t groups,
                         typename Dot::Sum* out, int64_t ldo, const void* next) {
  if constexpr (kRows > 1) {
    if (rows < kRows) {
      return gemm_tile_of<Dot, kVectors, kFromOut, kFetch, kRows - 1>(rows, a, lda, w, groups, out, ldo, next);
    }
  }
  gemm_tile<Dot, kRows, kVectors, kFromOut, (kRows < kAheadRows ? Fetch::nothing : kFetch)>(a, lda, w, groups, out, ldo,
                                                                                            next);
}

// Tiles of even height: 9 rows as 5 + 4 and not 8 + 1, since a tile costs one pass over the panel.
inline int64_t tile_count(int64_t rows) { return (rows + kTileRows - 1) / kTileRows; }
inline int64_t tile_begin(int64_t rows, int64_t tile) { return rows * tile / tile_count(rows); }

template <typename Dot, int kVectors>
void gemm_panels(const GemmArgs& args) {
  using Sum = typename Dot::Sum;
  const auto* a = static_cast<const typename Dot::A*>(args.a);
  const auto* w = static_cast<const typename Dot::W*>(args.w.data);
  const int64_t groups = (args.w.k + Dot::kGroup - 1) / Dot::kGroup, panel = kVectors * kLanes;
  const FinishTile<Sum> finish = finish_tile_of<Dot::kCoarse, Sum>(args);
  const bool plain = args.c_type == DType::f32 && !args.bias && !args.residual && args.activation == Activation::none;
  // Several tiles bring the next panel into L2 between them, a line a group each, while they compute. A first tile that
  // waits for memory instead costs int8 12 % at 16 rows and 20 % at 32, on Ice Lake.
  constexpr int64_t kGroupBytes = kVectors * kLanes * Dot::kGroup * static_cast<int64_t>(sizeof(typename Dot::W)),
                    kLines = (kGroupBytes + kLine - 1) / kLine;
  alignas(64) Sum tile[kTileRows * kVectors * kLanes];
  const int64_t row_bytes = groups * Dot::kGroup * static_cast<int64_t>(sizeof(typename Dot::A)) + 1;
  int64_t block = kRowBlockBytes / row_bytes / kTileRows * kTileRows;
  if (block < kTileRows) block = kTileRows;
  for (int64_t begin = args.row_begin; begin < args.row_end; begin += block) {
    const int64_t rows = args.row_end - begin < block ? args.row_end - begin : block;
    const bool spread = tile_count(rows) > 1;
    for (int64_t p = args.panel_begin; p < args.panel_end; ++p) {
      const int64_t column = p * panel;
      const int64_t columns = args.w.n - column < panel ? args.w.n - column : panel;
      const auto* const wp = w + column * groups * Dot::kGroup;
      const auto* const next = reinterpret_cast<const char*>(wp + panel * groups * Dot::kGroup);
      bool direct = false;
      if constexpr (std::is_same_v<Sum, float>) direct = plain && columns == panel;
      for (int64_t t = 0; t < tile_count(rows); ++t) {
        const int64_t from = tile_begin(rows, t), height = tile_begin(rows, t + 1) - from, row = begin + from;
        const auto* const ap = a + row * args.lda;
        Sum* out = tile;
        int64_t ldo = panel;
        if constexpr (std::is_same_v<Sum, float>) {
          if (direct) {
            out = static_cast<float*>(args.c) + row * args.ldc + column;
            ldo = args.ldc;
          }
        }
        if (spread && t < kLines) {
          gemm_tile_of<Dot, kVectors, false, Fetch::lines>(height, ap, args.lda, wp, groups, out, ldo,
                                                           next + t * groups * kLine);
        } else if (t == 0) {
          gemm_tile_of<Dot, kVectors, false, Fetch::groups>(height, ap, args.lda, wp, groups, out, ldo,
                                                            reinterpret_cast<const char*>(wp) + kAheadBytes);
        } else {
          gemm_tile_of<Dot, kVectors, false, Fetch::nothing>(height, ap, args.lda, wp, groups, out, ldo, nullptr);
        }
        if (!direct) finish(args, tile, row, height, column, columns);
      }
    }
  }
}

// Picks the panel of exactly the layout's width.
template <typename Dot, int kVectors = kPanelVectors>
inline void gemm_width(const GemmArgs& args) {
  if constexpr (kVectors > 1) {
    if (args.w.layout.panel < kVectors * kLanes) return gemm_width<Dot, kVectors - 1>(args);
  }
  gemm_panels<Dot, kVectors>(args);
}

inline bool layout_fits(const PackLayout& layout, int32_t interleave) {
  return layout.interleave == interleave && layout.block == 0 && layout.parts == 0 && layout.panel % kLanes == 0 &&
         layout.panel <= kPanelVectors * kLanes;
}
