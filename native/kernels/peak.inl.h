// What this instruction set can do at best: the multiply-adds of each arithmetic, and reading memory.
//
// Contract   in dispatch/kernels.h. Nothing is computed that anyone wants; an instruction set that replaces a gemm_*
//            replaces its peak_* too.

inline int64_t peak_f32(const void* numbers, int64_t turns) { return peak_tile<F32Dot<float>>(numbers, turns); }
inline int64_t peak_bf16(const void* numbers, int64_t turns) { return peak_tile<Bf16Dot>(numbers, turns); }
inline int64_t peak_i8(const void* numbers, int64_t turns) { return peak_tile<I8Dot>(numbers, turns); }

inline void read_floats(const float* x, int64_t n, int64_t times) {
  constexpr int kLoads = 8;  // a turn: fewer are bound by the loop
  for (; times > 0; --times) {
    for (int64_t i = 0; i + kLoads * kLanes <= n; i += kLoads * kLanes) {
#pragma GCC unroll 8
      for (int j = 0; j < kLoads; ++j) use(load(x + i + j * kLanes).v);
    }
  }
}
