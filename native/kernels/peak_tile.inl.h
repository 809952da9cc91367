// The most multiply-adds a second: those of a GEMM tile without its loads, for any Dot (gemm_tile.inl.h).
//
// Contract   `numbers` as the peak_* entries of dispatch/kernels.h say. Gives the operations done, a multiply-add
//            counting as two.
// Tile       as many sums as the GEMM keeps in registers, which is enough to hide the latency of a multiply-add. Plain
//            C++ has too few registers for that and takes eight.
// Why        the products a GEMM is measured against have to be those of the instruction it uses; where a Dot takes
//            several steps a group (widened bf16, int8 without VNNI) each counts its part of the group.

// Hides from the compiler what it knows of a value: equal operands would be multiplied once and then only added.
template <typename T>
inline void forget([[maybe_unused]] T* value) {
#if defined(__GNUC__) && defined(__x86_64__)
  if constexpr (std::is_integral_v<T>) {
    __asm__("" : "+r"(*value));
  } else {
    __asm__("" : "+v"(*value));
  }
#elif defined(__GNUC__) && defined(__aarch64__)
  if constexpr (std::is_integral_v<T>) {
    __asm__("" : "+r"(*value));
  } else {
    __asm__("" : "+w"(*value));
  }
#endif
}

// A value that nobody reads is made all the same.
template <typename T>
inline void use([[maybe_unused]] T value) {
#if defined(__GNUC__) && defined(__x86_64__)
  __asm__ volatile("" : : "v"(value));
#elif defined(__GNUC__) && defined(__aarch64__)
  __asm__ volatile("" : : "w"(value));
#endif
}

// What was written to `p` counts as read.
inline void keep([[maybe_unused]] const void* p) {
#if defined(__GNUC__)
  __asm__ volatile("" : : "r"(p) : "memory");
#endif
}

template <typename Dot>
int64_t peak_tile(const void* numbers, int64_t turns) {
  constexpr int kSums = kLanes > 1 ? kTileRows * kPanelVectors : 8;
  auto x = Dot::activation(static_cast<const typename Dot::A*>(numbers), 0);
  const auto w = Dot::weights(static_cast<const typename Dot::W*>(numbers), 0);
  typename Dot::Acc acc[kSums];
#pragma GCC unroll 32
  for (int i = 0; i < kSums; ++i) {
    acc[i] = Dot::start();
    forget(&acc[i].v);
  }
  for (int64_t turn = 0; turn < turns; ++turn) {
#pragma GCC unroll 32
    for (int i = 0; i < kSums; ++i) {
      forget(&x.v);
      Dot::accumulate(x, w, &acc[i]);
    }
  }
  typename Dot::Sum sums[kSums * kLanes];
#pragma GCC unroll 32
  for (int i = 0; i < kSums; ++i) Dot::write(sums + i * kLanes, acc[i]);
  keep(sums);
  return turns * kSums * kLanes * Dot::kGroup / Dot::kSteps * 2;
}
