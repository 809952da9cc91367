// The tile registers of AMX (contract in kernels/gemm_tile_step.inl.h). In assembly, because with gcc 12's
// intrinsics the compiler believes that ldtilecfg reads 8 of its 64 bytes, and drops the stores to the others, and does
// not know that tileloadd reads memory.
#pragma once

struct AmxTiles {
  template <typename Config>
  static void configure(const Config& config) {
    static_assert(sizeof(Config) == 64);
    __asm__ volatile("ldtilecfg %0" : : "m"(config));
  }
  static void release() { __asm__ volatile("tilerelease"); }

  template <int T>
  static void zero() {
    __asm__ volatile("tilezero %%tmm%c0" : : "i"(T));
  }
  template <int T>
  static void load(const void* p, int64_t step) {
    __asm__ volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(p), "r"(step), "i"(T) : "memory");
  }
  // Told that it is read once, the processor does not let it push W out of L1.
  template <int T>
  static void load_once(const void* p, int64_t step) {
    __asm__ volatile("tileloaddt1 (%0,%1,1), %%tmm%c2" : : "r"(p), "r"(step), "i"(T) : "memory");
  }
  template <int T>
  static void store(void* p, int64_t step) {
    __asm__ volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(p), "r"(step), "i"(T) : "memory");
  }

  template <int C, int A, int W>
  static void dot_bf16() {
    __asm__ volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(W));
  }
  template <int C, int A, int W>
  static void dot_u8s8() {
    __asm__ volatile("tdpbusd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(C), "i"(A), "i"(W));
  }
};
