// 16 words of 32 bits in a zmm register. The contract of each name stands in ../scalar/words.h.
#pragma once

struct Words {
  __m512i v;
};

inline Words zero_words() { return {_mm512_setzero_si512()}; }
inline Words load_words32(const void* p) { return {_mm512_loadu_si512(p)}; }
inline Words load_words32_partial(const void* p, int64_t n) { return {_mm512_maskz_loadu_epi32(lanes_below(n), p)}; }
inline Words set_words(const void* p) {
  int32_t word;
  __builtin_memcpy(&word, p, 4);
  return {_mm512_set1_epi32(word)};
}
inline void store_words32(void* p, Words w) { _mm512_storeu_si512(p, w.v); }

inline Vec low_bf16(Words w) { return {_mm512_castsi512_ps(_mm512_slli_epi32(w.v, 16))}; }
inline Vec high_bf16(Words w) {
  return {_mm512_castsi512_ps(_mm512_and_si512(w.v, _mm512_set1_epi32(static_cast<int>(0xFFFF0000u))))};
}

inline Words even_u8(Words w) { return {_mm512_and_si512(w.v, _mm512_set1_epi16(0xFF))}; }
inline Words odd_u8(Words w) { return {_mm512_srli_epi16(w.v, 8)}; }
inline Words even_s8(Words w) { return {_mm512_srai_epi16(_mm512_slli_epi16(w.v, 8), 8)}; }
inline Words odd_s8(Words w) { return {_mm512_srai_epi16(w.v, 8)}; }
// The empty assembly keeps gcc from summing the products of several steps first, for which registers are missing.
inline void madd_to(Words a, Words b, Words* acc) {
  acc->v = _mm512_add_epi32(acc->v, _mm512_madd_epi16(a.v, b.v));
#if defined(__GNUC__)
  __asm__("" : "+v"(acc->v));
#endif
}

inline Words operator-(Words a, Words b) { return {_mm512_sub_epi32(a.v, b.v)}; }
inline Words times_128(Words a) { return {_mm512_slli_epi32(a.v, 7)}; }
inline Vec to_vec(Words a) { return {_mm512_cvtepi32_ps(a.v)}; }

inline void store_u8(uint8_t* p, Vec a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(a.v)));
}
inline void store_u8_partial(uint8_t* p, Vec a, int64_t n) {
  _mm512_mask_cvtepi32_storeu_epi8(p, lanes_below(n), _mm512_cvtps_epi32(a.v));
}

inline Vec as_vec(Words w) { return {_mm512_castsi512_ps(w.v)}; }
inline Words as_words(Vec a) { return {_mm512_castps_si512(a.v)}; }
inline void store_low16(void* p, Words w) { store_words(p, _mm512_cvtepi32_epi16(w.v)); }
inline void store_high16(void* p, Words w) { store_words(p, _mm512_cvtepi32_epi16(_mm512_srli_epi32(w.v, 16))); }
