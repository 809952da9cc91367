// C = activation(A * W^T + bias) + residual, W packed into panels (core/pack.h): A in f32, W in f32, f16 or bf16.
//
// Contract   GemmArgs in dispatch/kernels.h. Layouts as gemm_layout gives them: a panel of 1 .. kPanelVectors vectors,
//            block 0. C may be the residual, never A. Loops and tails in gemm_tile.inl.h.
// Tile       16-bit weights are widened as they are loaded for a few rows, and a block of k at a time for more.
// Accuracy   one chain of fused multiply-adds per element of C, in the order of k: error at most about k / 2 ulp of the
//            largest partial sum (7e-6 measured at k = 1536 for outputs near 1). The chain is the same for every tile
//            height and cut, so a row's bits depend on nothing but the row.

template <typename Weight>
struct F32Dot {
  using A = float;
  using W = Weight;
  using Sum = float;
  using Acc = Vec;
  static constexpr int kGroup = 1, kSteps = 1;
  static constexpr bool kCoarse = false;

  static Acc start() { return zero(); }
  static Vec weights(const W* p, int) { return load(p); }
  static Vec activation(const A* p, int) { return set(*p); }
  static void accumulate(Vec x, Vec w, Acc* acc) { mul_add_to(x, w, acc); }
  static Acc read(const Sum* p) { return load(p); }
  static void write(Sum* p, Acc acc) { store(p, acc); }
};

// From so many rows on the widening of 16-bit weights is worth doing once for all tiles: as they are loaded it takes up
// to two of nine turns of the multiply-add units on Intel cores.
constexpr int64_t kWidenRows = 2 * kTileRows + 1;
constexpr int64_t kWideBlock = 256;         // of k, widened at a time: a panel of them stays in L1 or near it
constexpr int64_t kWideRows = 128;          // whose sums wait for the next block of k
constexpr int64_t kWideBytes = 384 * 1024;  // of A, kept in L2 while all panels pass over it

template <typename Weight>
void widen(const Weight* w, int64_t n, float* wide) {
  for (int64_t i = 0; i < n; i += kLanes) store(wide + i, load(w + i));
}

template <typename Weight, int kVectors>
void gemm_widened(const GemmArgs& args) {
  using Wide = F32Dot<float>;
  constexpr int64_t panel = kVectors * kLanes;
  alignas(64) float wide[kWideBlock * panel], sums[kWideRows * panel];
  const auto* const a = static_cast<const float*>(args.a);
  const int64_t k = args.w.k, blocks = (k + kWideBlock - 1) / kWideBlock;
  const FinishTile<float> finish = finish_tile_of<false, float>(args);
  int64_t step = kWideBytes / (4 * (k + 1)) / kTileRows * kTileRows;
  if (step < kTileRows) step = kTileRows;
  if (step > kWideRows) step = kWideRows;
  for (int64_t begin = args.row_begin; begin < args.row_end; begin += step) {
    const int64_t rows = args.row_end - begin < step ? args.row_end - begin : step;
    for (int64_t p = args.panel_begin; p < args.panel_end; ++p) {
      const int64_t column = p * panel;
      const int64_t columns = args.w.n - column < panel ? args.w.n - column : panel;
      const auto* const w = static_cast<const Weight*>(args.w.data) + column * k;
      for (int64_t b = 0; b < blocks; ++b) {
        const int64_t from = k * b / blocks, count = k * (b + 1) / blocks - from;
        widen(w + from * panel, count * panel, wide);
        // The next block follows this one in memory, and comes into the cache while this one is multiplied.
        const auto* next = reinterpret_cast<const char*>(w + (from + count) * panel);
        for (int64_t t = 0; t < tile_count(rows); ++t, next += count * kLine) {
          const int64_t row = tile_begin(rows, t), height = tile_begin(rows, t + 1) - row;
          const float* const ap = a + (begin + row) * args.lda + from;
          const bool fetch = t * kLine < static_cast<int64_t>(panel * sizeof(Weight));
          const auto tile = b == 0 ? (fetch ? gemm_tile_of<Wide, kVectors, false, Fetch::lines>
                                            : gemm_tile_of<Wide, kVectors, false, Fetch::nothing>)
                                   : (fetch ? gemm_tile_of<Wide, kVectors, true, Fetch::lines>
                                            : gemm_tile_of<Wide, kVectors, true, Fetch::nothing>);
          tile(height, ap, args.lda, wide, count, sums + row * panel, panel, next);
        }
      }
      finish(args, sums, begin, rows, column, columns);
    }
  }
}

template <typename Weight, int kVectors = kPanelVectors>
inline void gemm_f32(const GemmArgs& args) {
  if constexpr (kVectors > 1) {
    if (args.w.layout.panel < kVectors * kLanes) return gemm_f32<Weight, kVectors - 1>(args);
  }
  if constexpr (sizeof(Weight) < sizeof(float)) {
    if (args.row_end - args.row_begin >= kWidenRows && args.w.k > 0) return gemm_widened<Weight, kVectors>(args);
  }
  gemm_panels<F32Dot<Weight>, kVectors>(args);
}

inline void gemm(const GemmArgs& args) {
  assert(layout_fits(args.w.layout, 1));
  switch (args.w.layout.dtype) {
    case DType::f16:
      return gemm_f32<F16>(args);
    case DType::bf16:
      return gemm_f32<BF16>(args);
    default:
      assert(args.w.layout.dtype == DType::f32);
      return gemm_f32<float>(args);
  }
}
