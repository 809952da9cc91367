// int8 products by vpdpbusd: four of a word into one i32 sum, without an intermediate to saturate.
#pragma once

struct I8Dot {
  using A = uint8_t;
  using W = int8_t;
  using Sum = int32_t;
  using Acc = Words;
  static constexpr int kGroup = 4, kSteps = 1;
  static constexpr bool kCoarse = true;

  static Acc start() { return zero_words(); }
  static Words weights(const W* p, int) { return load_words32(p); }
  static Words activation(const A* p, int) { return set_words(p); }
  // gcc 12 makes two register copies around the intrinsic, which costs up to half the speed.
  static void accumulate(Words x, Words w, Acc* acc) {
#if defined(__GNUC__)
    __asm__("vpdpbusd %2, %1, %0" : "+v"(acc->v) : "v"(x.v), "v"(w.v));
#else
    acc->v = _mm512_dpbusd_epi32(acc->v, x.v, w.v);
#endif
  }
  static void write(Sum* p, Acc acc) { store_words32(p, acc); }
};

#if defined(__GNUC__)
#define VECTRAL_DPBUSD(w, a, sum) "vpdpbusd " w ", " a ", " sum "\n"
#define VECTRAL_I8_GROUP(s) VECTRAL_TILE_PRODUCTS(s, VECTRAL_TILE_WORDS, VECTRAL_TILE_AS_IS, VECTRAL_DPBUSD)
VECTRAL_ASSEMBLY_TILE(uint8_t, int8_t, int32_t, 64, VECTRAL_I8_GROUP)
#endif
