// bf16 products by vdpbf16ps: both of a word into one f32 sum, denormals taken for zero.
#pragma once

struct Bf16Dot {
  using A = BF16;
  using W = BF16;
  using Sum = float;
  using Acc = Vec;
  static constexpr int kGroup = 2, kSteps = 1;
  static constexpr bool kCoarse = true;

  static Acc start() { return zero(); }
  static Words weights(const W* p, int) { return load_words32(p); }
  static Words activation(const A* p, int) { return set_words(p); }
  // In assembly for the same reason as vpdpbusd (../avx512vnni/dot_i8.h).
  static void accumulate(Words x, Words w, Acc* acc) {
#if defined(__GNUC__)
    __asm__("vdpbf16ps %2, %1, %0" : "+v"(acc->v) : "v"(x.v), "v"(w.v));
#else
    acc->v = _mm512_dpbf16_ps(acc->v, __builtin_bit_cast(__m512bh, x.v), __builtin_bit_cast(__m512bh, w.v));
#endif
  }
  static void write(Sum* p, Acc acc) { store(p, acc); }

  static void narrow(A* p, Vec x) { store_words(p, __builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(x.v))); }
  static void narrow_partial(A* p, Vec x, int64_t n) {
    store_words(p, __builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(x.v)), n);
  }
  static void narrow_pairs(A* p, Vec even, Vec odd) {
    const __m512i low = _mm512_cvtepu16_epi32(__builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(even.v)));
    const __m512i high = _mm512_cvtepu16_epi32(__builtin_bit_cast(__m256i, _mm512_cvtneps_pbh(odd.v)));
    store_words32(p, {_mm512_or_si512(low, _mm512_slli_epi32(high, 16))});
  }
};

#if defined(__GNUC__)
#define VECTRAL_DPBF16(w, a, sum) "vdpbf16ps " w ", " a ", " sum "\n"
#define VECTRAL_BF16_GROUP(s) VECTRAL_TILE_PRODUCTS(s, VECTRAL_TILE_WORDS, VECTRAL_TILE_AS_IS, VECTRAL_DPBF16)
VECTRAL_ASSEMBLY_TILE(BF16, BF16, float, 64, VECTRAL_BF16_GROUP)
#endif
