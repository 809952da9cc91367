// gemm of u8 activations (value + 128) by s8 weights. A is what quantize_i8_rows wrote, W {i8, panel, interleave 4}.
//
// Contract   k <= 2^16, so that no sum of 255 * 128 leaves i32. The 128 of each activation comes to 128 * column_sum,
//            which the epilogue takes off. A row whose scale is NaN comes out as NaN.
// Accuracy   the sums are exact and the same on every instruction set, so the result differs from the quantised
//            problem's true value by three roundings before the bias (gemm_finish.inl.h).

inline void gemm_i8(const GemmArgs& args) {
  assert(layout_fits(args.w.layout, 4) && args.w.layout.dtype == DType::i8 && args.w.k <= 65536);
  gemm_width<I8Dot>(args);
}
