// 8 words of 32 bits in a ymm register. The contract of each name stands in ../scalar/words.h.
#pragma once

struct Words {
  __m256i v;
};

inline Words zero_words() { return {_mm256_setzero_si256()}; }
inline Words load_words32(const void* p) { return {_mm256_loadu_si256(static_cast<const __m256i*>(p))}; }
inline Words load_words32_partial(const void* p, int64_t n) {
  return {_mm256_maskload_epi32(static_cast<const int*>(p), lanes_below(n))};
}
inline Words set_words(const void* p) {
  int32_t word;
  __builtin_memcpy(&word, p, 4);
  return {_mm256_set1_epi32(word)};
}
inline void store_words32(void* p, Words w) { _mm256_storeu_si256(static_cast<__m256i*>(p), w.v); }

inline Vec low_bf16(Words w) { return {_mm256_castsi256_ps(_mm256_slli_epi32(w.v, 16))}; }
inline Vec high_bf16(Words w) {
  return {_mm256_castsi256_ps(_mm256_and_si256(w.v, _mm256_set1_epi32(static_cast<int>(0xFFFF0000u))))};
}

inline Words even_u8(Words w) { return {_mm256_and_si256(w.v, _mm256_set1_epi16(0xFF))}; }
inline Words odd_u8(Words w) { return {_mm256_srli_epi16(w.v, 8)}; }
inline Words even_s8(Words w) { return {_mm256_srai_epi16(_mm256_slli_epi16(w.v, 8), 8)}; }
inline Words odd_s8(Words w) { return {_mm256_srai_epi16(w.v, 8)}; }
// The empty assembly keeps gcc from summing the products of several steps first, for which registers are missing.
inline void madd_to(Words a, Words b, Words* acc) {
  acc->v = _mm256_add_epi32(acc->v, _mm256_madd_epi16(a.v, b.v));
#if defined(__GNUC__)
  __asm__("" : "+x"(acc->v));
#endif
}

inline Words operator-(Words a, Words b) { return {_mm256_sub_epi32(a.v, b.v)}; }
inline Words times_128(Words a) { return {_mm256_slli_epi32(a.v, 7)}; }
inline Vec to_vec(Words a) { return {_mm256_cvtepi32_ps(a.v)}; }

inline void store_u8(uint8_t* p, Vec a) {
  const __m256i words = _mm256_cvtps_epi32(a.v);
  const __m128i halves = _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(halves, halves));
}
inline void store_u8_partial(uint8_t* p, Vec a, int64_t n) {
  uint8_t bytes[8];
  store_u8(bytes, a);
  __builtin_memcpy(p, bytes, static_cast<size_t>(n));
}

inline Vec as_vec(Words w) { return {_mm256_castsi256_ps(w.v)}; }
inline Words as_words(Vec a) { return {_mm256_castps_si256(a.v)}; }
inline void store_low16(void* p, Words w) {
  const __m256i low = _mm256_and_si256(w.v, _mm256_set1_epi32(0xFFFF));
  const __m128i halves = _mm_packus_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
  _mm_storeu_si128(static_cast<__m128i*>(p), halves);
}
inline void store_high16(void* p, Words w) { store_low16(p, {_mm256_srli_epi32(w.v, 16)}); }
