// C = activation(A * W^T + bias) + residual, W packed into panels (core/pack.h): A in f32, W in f32, f16 or bf16.
//
// Contract   GemmArgs in dispatch/kernels.h. Layouts as gemm_layout gives them: a panel of 1 .. kPanelVectors vectors,
//            block 0. C may be the residual, never A. Loops and tails in gemm_tile.inl.h.
// Tile       16-bit weights are widened as they are loaded.
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

  static Acc start() { return zero(); }
  static Vec weights(const W* p, int) { return load(p); }
  static Vec activation(const A* p, int) { return set(*p); }
  static void accumulate(Vec x, Vec w, Acc* acc) { mul_add_to(x, w, acc); }
  static void write(Sum* p, Acc acc) { store(p, acc); }
};

inline void gemm(const GemmArgs& args) {
  assert(layout_fits(args.w.layout, 1));
  switch (args.w.layout.dtype) {
    case DType::f16:
      return gemm_width<F32Dot<F16>>(args);
    case DType::bf16:
      return gemm_width<F32Dot<BF16>>(args);
    default:
      assert(args.w.layout.dtype == DType::f32);
      return gemm_width<F32Dot<float>>(args);
  }
}
