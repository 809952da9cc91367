// 8 floats in a ymm register. The contract of each name stands in ../scalar/vec.h.
#pragma once

constexpr int kLanes = 8;
constexpr int kTileRows = 6;
constexpr int kPanelVectors = 2;

struct Vec {
  __m256 v;
};
struct Mask {
  __m256 v;
};

inline Vec zero() { return {_mm256_setzero_ps()}; }
inline Vec set(float x) { return {_mm256_set1_ps(x)}; }

inline __m256i lanes_below(int64_t n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

inline __m256 widen_f16(__m128i h) { return _mm256_cvtph_ps(h); }
inline __m256 widen_bf16(__m128i h) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16)); }
inline __m128i narrow_f16(__m256 a) { return _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT); }

inline __m128i narrow_bf16(__m256 a) {
  const __m256i bits = _mm256_castps_si256(a);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7FFF)), odd);
  const __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(a, a, _CMP_UNORD_Q));
  const __m256i words = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
  return _mm_packus_epi32(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
}

inline __m128i load_words(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
inline void store_words(void* p, __m128i words) { _mm_storeu_si128(static_cast<__m128i*>(p), words); }

inline __m128i load_words(const void* p, int64_t n) {
  alignas(16) uint16_t words[8] = {};
  __builtin_memcpy(words, p, static_cast<size_t>(n) * 2);
  return load_words(words);
}
inline void store_words(void* p, __m128i words, int64_t n) {
  alignas(16) uint16_t buffer[8];
  store_words(buffer, words);
  __builtin_memcpy(p, buffer, static_cast<size_t>(n) * 2);
}

inline Vec load(const float* p) { return {_mm256_loadu_ps(p)}; }
inline Vec load(const F16* p) { return {widen_f16(load_words(p))}; }
inline Vec load(const BF16* p) { return {widen_bf16(load_words(p))}; }
inline Vec load_partial(const float* p, int64_t n) { return {_mm256_maskload_ps(p, lanes_below(n))}; }
inline Vec load_partial(const F16* p, int64_t n) { return {widen_f16(load_words(p, n))}; }
inline Vec load_partial(const BF16* p, int64_t n) { return {widen_bf16(load_words(p, n))}; }

inline void store(float* p, Vec a) { _mm256_storeu_ps(p, a.v); }
inline void store(F16* p, Vec a) { store_words(p, narrow_f16(a.v)); }
inline void store(BF16* p, Vec a) { store_words(p, narrow_bf16(a.v)); }
inline void store_partial(float* p, Vec a, int64_t n) { _mm256_maskstore_ps(p, lanes_below(n), a.v); }
inline void store_partial(F16* p, Vec a, int64_t n) { store_words(p, narrow_f16(a.v), n); }
inline void store_partial(BF16* p, Vec a, int64_t n) { store_words(p, narrow_bf16(a.v), n); }

inline Vec operator+(Vec a, Vec b) { return {_mm256_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm256_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm256_mul_ps(a.v, b.v)}; }
inline Vec operator/(Vec a, Vec b) { return {_mm256_div_ps(a.v, b.v)}; }
inline Vec mul_add(Vec a, Vec b, Vec c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }

// gcc 12 copies registers around the intrinsic in a large unrolled loop, up to one copy a multiply-add.
inline void mul_add_to(Vec a, Vec b, Vec* acc) {
#if defined(__GNUC__)
  __asm__("vfmadd231ps %2, %1, %0" : "+x"(acc->v) : "x"(a.v), "x"(b.v));
#else
  *acc = mul_add(a, b, *acc);
#endif
}
inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return {_mm256_fnmadd_ps(a.v, b.v, c.v)}; }

inline Vec min(Vec a, Vec b) { return {_mm256_min_ps(a.v, b.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm256_max_ps(a.v, b.v)}; }
inline Vec abs(Vec a) { return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)}; }
inline Vec square_root(Vec a) { return {_mm256_sqrt_ps(a.v)}; }
inline Vec copy_sign(Vec magnitude, Vec sign) {
  const __m256 bit = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(bit, magnitude.v), _mm256_and_ps(bit, sign.v))};
}
inline Vec round(Vec a) { return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }

// In two factors, since 2^n itself may not be a float where p * 2^n is one.
inline Vec scale_pow2(Vec p, Vec n) {
  const __m256i e = _mm256_cvtps_epi32(n.v), bias = _mm256_set1_epi32(127);
  const __m256i half = _mm256_srai_epi32(e, 1);
  const __m256i first = _mm256_slli_epi32(_mm256_add_epi32(half, bias), 23);
  const __m256i second = _mm256_slli_epi32(_mm256_add_epi32(_mm256_sub_epi32(e, half), bias), 23);
  return {_mm256_mul_ps(_mm256_mul_ps(p.v, _mm256_castsi256_ps(first)), _mm256_castsi256_ps(second))};
}

inline Mask less(Vec a, Vec b) { return {_mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask is_nan(Vec a) { return {_mm256_cmp_ps(a.v, a.v, _CMP_UNORD_Q)}; }
inline Vec select(Mask mask, Vec yes, Vec no) { return {_mm256_blendv_ps(no.v, yes.v, mask.v)}; }
inline Vec first_lanes(Vec a, int64_t n, Vec rest) {
  return {_mm256_blendv_ps(rest.v, a.v, _mm256_castsi256_ps(lanes_below(n)))};
}

// Halves onto each other: 8 -> 4 -> 2 -> 1.
inline float reduce_add(Vec a) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
inline float reduce_max(Vec a) {
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

// Pairs of rows woven into 4 x 4 blocks within each half of the registers, then the blocks moved to their places.
inline void transpose(Vec (&rows)[8]) {
  __m256 t[8], u[8];
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(rows[i].v, rows[i + 1].v);
    t[i + 1] = _mm256_unpackhi_ps(rows[i].v, rows[i + 1].v);
  }
#pragma GCC unroll 2
  for (int i = 0; i < 8; i += 4) {
    u[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
    u[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xEE);
    u[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    u[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    rows[i] = {_mm256_permute2f128_ps(u[i], u[i + 4], 0x20)};
    rows[i + 4] = {_mm256_permute2f128_ps(u[i], u[i + 4], 0x31)};
  }
}
