// gemm with both operands in bf16 and sums in f32. A is what quantize_bf16_rows wrote, W {bf16, panel, interleave 2}.
//
// Accuracy   beside the operands' own rounding (half a bf16 ulp, 2^-9 relative, each): one f32 chain per element in the
//            order of k. Instruction sets differ in how a pair is summed, and some take denormals for zero; on each of
//            them a row's bits depend on nothing but the row.

inline void gemm_bf16(const GemmArgs& args) {
  assert(layout_fits(args.w.layout, 2) && args.w.layout.dtype == DType::bf16);
  gemm_width<Bf16Dot>(args);
}
