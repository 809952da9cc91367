// A finished tile of sums on its way to C: activation(sum + bias) + residual.
//
// Contract   `tile` holds rows of one panel's width. int8 sums are of (activation + 128) * weight and exact: the 128 is
//            taken off in i32 before anything is rounded; then one rounding to float, one of the product of the scales,
//            one of their product.

inline Vec tile_values(const GemmArgs&, const float* tile, int64_t, int64_t, int64_t) { return load(tile); }

// n > 0 columns from `column` on.
inline Vec tile_values(const GemmArgs& args, const int32_t* tile, int64_t row, int64_t column, int64_t n) {
  const Words sums =
      n >= kLanes ? load_words32(args.column_sum + column) : load_words32_partial(args.column_sum + column, n);
  const Vec scales = n >= kLanes ? load(args.column_scale + column) : load_partial(args.column_scale + column, n);
  return to_vec(load_words32(tile) - times_128(sums)) * (set(args.row_scale[row]) * scales);
}

// What C holds. bf16 is what a GEMM of bf16 would round its A to: a C that only such GEMMs read is rounded here.
struct F32Out {
  using Type = float;
  static void put(float* p, Vec x) { store(p, x); }
  static void put_partial(float* p, Vec x, int64_t n) { store_partial(p, x, n); }
};
struct Bf16Out {
  using Type = BF16;
  static void put(BF16* p, Vec x) { Bf16Dot::narrow(p, x); }
  static void put_partial(BF16* p, Vec x, int64_t n) { Bf16Dot::narrow_partial(p, x, n); }
};

// Bias, activation, residual and store of `rows` rows by `columns` columns from (row, column) on.
template <Activation F, bool kCoarse, typename Out, typename Sum>
void finish_tile(const GemmArgs& args, const Sum* tile, int64_t row, int64_t rows, int64_t column, int64_t columns) {
  const Activate<F, kCoarse> f;
  for (int64_t r = row; r < row + rows; ++r, tile += args.w.layout.panel) {
    auto* const c = static_cast<typename Out::Type*>(args.c) + r * args.ldc + column;
    const float* residual = args.residual ? args.residual + r * args.ldr + column : nullptr;
    for (int64_t at = 0; at < columns; at += kLanes) {
      const int64_t n = columns - at;
      Vec y = tile_values(args, tile + at, r, column + at, n);
      if (n >= kLanes) {
        if (args.bias) y = y + load(args.bias + column + at);
        y = f(y);
        if (residual) y = y + load(residual + at);
        Out::put(c + at, y);
      } else {
        if (args.bias) y = y + load_partial(args.bias + column + at, n);
        y = f(y);
        if (residual) y = y + load_partial(residual + at, n);
        Out::put_partial(c + at, y, n);
      }
    }
  }
}

template <typename Sum>
using FinishTile = void (*)(const GemmArgs&, const Sum*, int64_t, int64_t, int64_t, int64_t);

template <bool kCoarse, typename Sum, typename Out = F32Out>
inline FinishTile<Sum> finish_tile_of(const GemmArgs& args) {
  if constexpr (kCoarse && std::is_same_v<Out, F32Out>) {
    if (args.c_type == DType::bf16) return finish_tile_of<kCoarse, Sum, Bf16Out>(args);
  }
  switch (args.activation) {
    case Activation::gelu:
      return finish_tile<Activation::gelu, kCoarse, Out, Sum>;
    case Activation::gelu_tanh:
      return finish_tile<Activation::gelu_tanh, kCoarse, Out, Sum>;
    case Activation::relu:
      return finish_tile<Activation::relu, kCoarse, Out, Sum>;
    case Activation::silu:
      return finish_tile<Activation::silu, kCoarse, Out, Sum>;
    case Activation::tanh:
      return finish_tile<Activation::tanh, kCoarse, Out, Sum>;
    case Activation::sigmoid:
      return finish_tile<Activation::sigmoid, kCoarse, Out, Sum>;
    default:
      return finish_tile<Activation::none, kCoarse, Out, Sum>;
  }
}
