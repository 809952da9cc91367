// 16 floats in a zmm register. The contract of each name stands in ../scalar/vec.h.
#pragma once

constexpr int kLanes = 16;
constexpr int kTileRows = 8;
constexpr int kPanelVectors = 3;

struct Vec {
  __m512 v;
};
struct Mask {
  __mmask16 v;
};

inline Vec zero() { return {_mm512_setzero_ps()}; }
inline Vec set(float x) { return {_mm512_set1_ps(x)}; }

inline __mmask16 lanes_below(int64_t n) { return static_cast<__mmask16>((1u << n) - 1u); }

inline __m512 widen_f16(__m256i h) { return _mm512_cvtph_ps(h); }
inline __m512 widen_bf16(__m256i h) { return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(h), 16)); }
inline __m256i narrow_f16(__m512 a) { return _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT); }

inline __m256i narrow_bf16(__m512 a) {
  const __m512i bits = _mm512_castps_si512(a);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7FFF)), odd);
  const __mmask16 nan = _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
  const __m512i kept = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(kept, 16));
}

inline __m256i load_words(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline void store_words(void* p, __m256i words) { _mm256_storeu_si256(static_cast<__m256i*>(p), words); }
inline __m256i load_words(const void* p, int64_t n) { return _mm256_maskz_loadu_epi16(lanes_below(n), p); }
inline void store_words(void* p, __m256i words, int64_t n) { _mm256_mask_storeu_epi16(p, lanes_below(n), words); }

inline Vec load(const float* p) { return {_mm512_loadu_ps(p)}; }
inline Vec load(const F16* p) { return {widen_f16(load_words(p))}; }
inline Vec load(const BF16* p) { return {widen_bf16(load_words(p))}; }
inline Vec load_partial(const float* p, int64_t n) { return {_mm512_maskz_loadu_ps(lanes_below(n), p)}; }
inline Vec load_partial(const F16* p, int64_t n) { return {widen_f16(load_words(p, n))}; }
inline Vec load_partial(const BF16* p, int64_t n) { return {widen_bf16(load_words(p, n))}; }

inline void store(float* p, Vec a) { _mm512_storeu_ps(p, a.v); }
inline void store(F16* p, Vec a) { store_words(p, narrow_f16(a.v)); }
inline void store(BF16* p, Vec a) { store_words(p, narrow_bf16(a.v)); }
inline void store_partial(float* p, Vec a, int64_t n) { _mm512_mask_storeu_ps(p, lanes_below(n), a.v); }
inline void store_partial(F16* p, Vec a, int64_t n) { store_words(p, narrow_f16(a.v), n); }
inline void store_partial(BF16* p, Vec a, int64_t n) { store_words(p, narrow_bf16(a.v), n); }

inline Vec operator+(Vec a, Vec b) { return {_mm512_add_ps(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {_mm512_sub_ps(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {_mm512_mul_ps(a.v, b.v)}; }
inline Vec operator/(Vec a, Vec b) { return {_mm512_div_ps(a.v, b.v)}; }
inline Vec mul_add(Vec a, Vec b, Vec c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }

// gcc 12 copies registers around the intrinsic in a large unrolled loop, up to one copy a multiply-add.
inline void mul_add_to(Vec a, Vec b, Vec* acc) {
#if defined(__GNUC__)
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(acc->v) : "v"(a.v), "v"(b.v));
#else
  *acc = mul_add(a, b, *acc);
#endif
}
inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }

inline Vec min(Vec a, Vec b) { return {_mm512_min_ps(a.v, b.v)}; }
inline Vec max(Vec a, Vec b) { return {_mm512_max_ps(a.v, b.v)}; }
inline Vec abs(Vec a) { return {_mm512_andnot_ps(_mm512_set1_ps(-0.0f), a.v)}; }
inline Vec square_root(Vec a) { return {_mm512_sqrt_ps(a.v)}; }
inline Vec copy_sign(Vec magnitude, Vec sign) {
  const __m512 bit = _mm512_set1_ps(-0.0f);
  return {_mm512_or_ps(_mm512_andnot_ps(bit, magnitude.v), _mm512_and_ps(bit, sign.v))};
}
inline Vec round(Vec a) { return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)}; }
inline Vec scale_pow2(Vec p, Vec n) { return {_mm512_scalef_ps(p.v, n.v)}; }

inline Mask less(Vec a, Vec b) { return {_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ)}; }
inline Mask is_nan(Vec a) { return {_mm512_cmp_ps_mask(a.v, a.v, _CMP_UNORD_Q)}; }
inline Vec select(Mask mask, Vec yes, Vec no) { return {_mm512_mask_blend_ps(mask.v, no.v, yes.v)}; }
inline Vec first_lanes(Vec a, int64_t n, Vec rest) { return {_mm512_mask_blend_ps(lanes_below(n), rest.v, a.v)}; }

// a + b in the lower half and a - b in the upper, of a vector whose halves are a and b.
inline Vec sum_and_difference_of_halves(Vec v) {
  const __m512 turned = _mm512_shuffle_f32x4(v.v, v.v, 0x4E);
  return {_mm512_mask_sub_ps(_mm512_add_ps(v.v, turned), 0xFF00, turned, v.v)};
}

// Halves onto each other: 16 -> 8 -> 4 -> 2 -> 1.
inline float reduce_add(Vec a) {
  const __m256 h = _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}
inline float reduce_max(Vec a) {
  const __m256 h = _mm256_max_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  __m128 s = _mm_max_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
  s = _mm_max_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

// Pairs of rows woven into 4 x 4 blocks within each quarter of the registers, then the blocks moved to their places.
inline void transpose(Vec (&rows)[16]) {
  __m512 t[16], u[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(rows[i].v, rows[i + 1].v);
    t[i + 1] = _mm512_unpackhi_ps(rows[i].v, rows[i + 1].v);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    u[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
    u[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xEE);
    u[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
    u[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xEE);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m512 even_low = _mm512_shuffle_f32x4(u[i], u[i + 4], 0x88);
    const __m512 odd_low = _mm512_shuffle_f32x4(u[i], u[i + 4], 0xDD);
    const __m512 even_high = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0x88);
    const __m512 odd_high = _mm512_shuffle_f32x4(u[i + 8], u[i + 12], 0xDD);
    rows[i] = {_mm512_shuffle_f32x4(even_low, even_high, 0x88)};
    rows[i + 4] = {_mm512_shuffle_f32x4(odd_low, odd_high, 0x88)};
    rows[i + 8] = {_mm512_shuffle_f32x4(even_low, even_high, 0xDD)};
    rows[i + 12] = {_mm512_shuffle_f32x4(odd_low, odd_high, 0xDD)};
  }
}
