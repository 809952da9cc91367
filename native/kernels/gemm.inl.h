// C = activation(A * W^T + bias) + residual, W packed into panels (core/pack.h).
//
// Contract   GemmArgs in dispatch/kernels.h. Layouts as gemm_layout gives them: f32, f16 or bf16, a panel of 1 ..
//            kPanelVectors vectors, interleave 1, block 0. C may be the residual, never A.
// Tile       kTileRows rows of A times one panel: the accumulators fill the registers, each load of W serves all rows
//            of the tile, each broadcast of A the whole panel. 16-bit weights are widened as they are loaded.
// Tail       fewer rows: the same tile with fewer accumulators. Fewer columns: W is padded with zeros, the store is
//            partial. k needs no tail.
// Accuracy   one chain of fused multiply-adds per element of C, in the order of k: error at most about k / 2 ulp of the
//            largest partial sum (7e-6 measured at k = 1536 for outputs near 1). The chain is the same for every tile
//            height and cut, so a row's bits depend on nothing but the row.
// Why        a tile with nothing to add goes straight to C. Otherwise it passes through a small buffer to the epilogue,
//            which so is compiled once per activation and not once per tile shape; that costs one store and one load
//            per element of C, 1 % at k = 384.

// Rows of A kept in L2 while all panels pass over them.
constexpr int64_t kRowBlockBytes = 256 * 1024;

template <typename Weight, int kVectors, int kRows>
void gemm_tile(const float* a, int64_t lda, const Weight* w, int64_t k, float* out, int64_t ldo) {
  Vec acc[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) acc[r][v] = zero();
  }
  for (int64_t i = 0; i < k; ++i, w += kVectors * kLanes) {
    Vec b[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) b[v] = load(w + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Vec x = set(a[r * lda + i]);
#pragma GCC unroll 4
      for (int v = 0; v < kVectors; ++v) acc[r][v] = mul_add(x, b[v], acc[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) store(out + r * ldo + v * kLanes, acc[r][v]);
  }
}

// Picks the tile of exactly `rows` rows.
template <typename Weight, int kVectors, int kRows = kTileRows>
inline void gemm_tile_of(int64_t rows, const float* a, int64_t lda, const Weight* w, int64_t k, float* out,
                         int64_t ldo) {
  if constexpr (kRows > 1) {
    if (rows < kRows) return gemm_tile_of<Weight, kVectors, kRows - 1>(rows, a, lda, w, k, out, ldo);
  }
  gemm_tile<Weight, kVectors, kRows>(a, lda, w, k, out, ldo);
}

// Bias, activation, residual and store of `rows` rows by `columns` columns from (row, column) on.
template <Activation F>
void finish_tile(const GemmArgs& args, const float* tile, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  const Activate<F> f;
  for (int64_t r = row; r < row + rows; ++r, tile += args.w.layout.panel) {
    float* c = args.c + r * args.ldc + column;
    const float* residual = args.residual ? args.residual + r * args.ldr + column : nullptr;
    for (int64_t at = 0; at < columns; at += kLanes) {
      const int64_t n = columns - at;
      Vec y = load(tile + at);
      if (n >= kLanes) {
        if (args.bias) y = y + load(args.bias + column + at);
        y = f(y);
        if (residual) y = y + load(residual + at);
        store(c + at, y);
      } else {
        if (args.bias) y = y + load_partial(args.bias + column + at, n);
        y = f(y);
        if (residual) y = y + load_partial(residual + at, n);
        store_partial(c + at, y, n);
      }
    }
  }
}

using FinishTile = void (*)(const GemmArgs&, const float*, int64_t, int64_t, int64_t, int64_t);

inline FinishTile finish_tile_of(Activation f) {
  switch (f) {
    case Activation::gelu:
      return finish_tile<Activation::gelu>;
    case Activation::gelu_tanh:
      return finish_tile<Activation::gelu_tanh>;
    case Activation::relu:
      return finish_tile<Activation::relu>;
    case Activation::silu:
      return finish_tile<Activation::silu>;
    case Activation::tanh:
      return finish_tile<Activation::tanh>;
    case Activation::sigmoid:
      return finish_tile<Activation::sigmoid>;
    default:
      return finish_tile<Activation::none>;
  }
}

template <typename Weight, int kVectors>
void gemm_panels(const GemmArgs& args) {
  const Weight* w = static_cast<const Weight*>(args.w.data);
  const int64_t k = args.w.k, panel = kVectors * kLanes;
  const FinishTile finish = finish_tile_of(args.activation);
  const bool plain = !args.bias && !args.residual && args.activation == Activation::none;
  alignas(64) float tile[kTileRows * kVectors * kLanes];
  int64_t block = kRowBlockBytes / (static_cast<int64_t>(sizeof(float)) * (k + 1)) / kTileRows * kTileRows;
  if (block < kTileRows) block = kTileRows;
  for (int64_t begin = args.row_begin; begin < args.row_end; begin += block) {
    const int64_t rows = args.row_end - begin < block ? args.row_end - begin : block;
    // Tiles of even height: 9 rows as 5 + 4 and not 8 + 1, since a tile costs one pass over the panel.
    const int64_t tiles = (rows + kTileRows - 1) / kTileRows;
    for (int64_t p = args.panel_begin; p < args.panel_end; ++p) {
      const int64_t column = p * panel;
      const int64_t columns = args.w.n - column < panel ? args.w.n - column : panel;
      for (int64_t t = 0; t < tiles; ++t) {
        const int64_t from = rows * t / tiles, height = rows * (t + 1) / tiles - from;
        const int64_t row = begin + from;
        const bool direct = plain && columns == panel;
        gemm_tile_of<Weight, kVectors>(height, args.a + row * args.lda, args.lda, w + column * k, k,
                                       direct ? args.c + row * args.ldc + column : tile, direct ? args.ldc : panel);
        if (!direct) finish(args, tile, row, height, column, columns);
      }
    }
  }
}

template <typename Weight, int kVectors = kPanelVectors>
inline void gemm_width(const GemmArgs& args) {
  if constexpr (kVectors > 1) {
    if (args.w.layout.panel < kVectors * kLanes) return gemm_width<Weight, kVectors - 1>(args);
  }
  gemm_panels<Weight, kVectors>(args);
}

inline void gemm(const GemmArgs& args) {
  assert(args.w.layout.interleave == 1 && args.w.layout.block == 0);
  assert(args.w.layout.panel % kLanes == 0 && args.w.layout.panel <= kPanelVectors * kLanes);
  switch (args.w.layout.dtype) {
    case DType::f16:
      return gemm_width<F16>(args);
    case DType::bf16:
      return gemm_width<BF16>(args);
    default:
      assert(args.w.layout.dtype == DType::f32);
      return gemm_width<float>(args);
  }
}

// The panel width of least cost: a panel costs its vectors plus about one vector's worth of broadcasts and loop.
inline PackLayout gemm_layout(DType dtype, int64_t n) {
  int64_t best = kPanelVectors, best_cost = INT64_MAX;
  for (int64_t vectors = kPanelVectors; vectors >= 1; --vectors) {
    const int64_t panel = vectors * kLanes;
    const int64_t cost = (n + panel - 1) / panel * (vectors + 1);
    if (cost < best_cost) {
      best = vectors;
      best_cost = cost;
    }
  }
  return {dtype, static_cast<int32_t>(best * kLanes), 1, 0};
}
