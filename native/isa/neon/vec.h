// 4 floats in a q register. The contract of each name stands in ../scalar/vec.h.
#pragma once

constexpr int kLanes = 4;
constexpr int kTileRows = 8;
constexpr int kPanelVectors = 3;

struct Vec {
  float32x4_t v;
};
struct Mask {
  uint32x4_t v;
};

inline Vec zero() { return {vdupq_n_f32(0.0f)}; }
inline Vec set(float x) { return {vdupq_n_f32(x)}; }

inline uint32x4_t lanes_below(int64_t n) {
  const uint32x4_t lane = vcombine_u32(vcreate_u32(0x100000000ull), vcreate_u32(0x300000002ull));
  return vcltq_u32(lane, vdupq_n_u32(static_cast<uint32_t>(n)));
}

inline float32x4_t widen_f16(uint16x4_t h) { return vcvt_f32_f16(vreinterpret_f16_u16(h)); }
inline float32x4_t widen_bf16(uint16x4_t h) { return vreinterpretq_f32_u32(vshll_n_u16(h, 16)); }
inline uint16x4_t narrow_f16(float32x4_t a) { return vreinterpret_u16_f16(vcvt_f16_f32(a)); }

inline uint16x4_t narrow_bf16(float32x4_t a) {
  const uint32x4_t bits = vreinterpretq_u32_f32(a);
  const uint32x4_t odd = vandq_u32(vshrq_n_u32(bits, 16), vdupq_n_u32(1));
  const uint32x4_t rounded = vaddq_u32(vaddq_u32(bits, vdupq_n_u32(0x7FFF)), odd);
  const uint32x4_t quiet = vorrq_u32(bits, vdupq_n_u32(0x400000));
  return vshrn_n_u32(vbslq_u32(vceqq_f32(a, a), rounded, quiet), 16);
}

// 16-bit elements at any address, the first n of 4.
inline uint16x4_t load_words(const void* p, int64_t n = 4) {
  uint16_t words[4] = {};
  __builtin_memcpy(words, p, static_cast<size_t>(n) * 2);
  return vld1_u16(words);
}
inline void store_words(void* p, uint16x4_t words, int64_t n = 4) {
  uint16_t buffer[4];
  vst1_u16(buffer, words);
  __builtin_memcpy(p, buffer, static_cast<size_t>(n) * 2);
}

inline Vec load(const float* p) { return {vld1q_f32(p)}; }
inline Vec load(const F16* p) { return {widen_f16(load_words(p))}; }
inline Vec load(const BF16* p) { return {widen_bf16(load_words(p))}; }
inline Vec load_partial(const float* p, int64_t n) {
  float lanes[4] = {};
  __builtin_memcpy(lanes, p, static_cast<size_t>(n) * 4);
  return {vld1q_f32(lanes)};
}
inline Vec load_partial(const F16* p, int64_t n) { return {widen_f16(load_words(p, n))}; }
inline Vec load_partial(const BF16* p, int64_t n) { return {widen_bf16(load_words(p, n))}; }

inline void store(float* p, Vec a) { vst1q_f32(p, a.v); }
inline void store(F16* p, Vec a) { store_words(p, narrow_f16(a.v)); }
inline void store(BF16* p, Vec a) { store_words(p, narrow_bf16(a.v)); }
inline void store_partial(float* p, Vec a, int64_t n) {
  float lanes[4];
  vst1q_f32(lanes, a.v);
  __builtin_memcpy(p, lanes, static_cast<size_t>(n) * 4);
}
inline void store_partial(F16* p, Vec a, int64_t n) { store_words(p, narrow_f16(a.v), n); }
inline void store_partial(BF16* p, Vec a, int64_t n) { store_words(p, narrow_bf16(a.v), n); }

inline Vec operator+(Vec a, Vec b) { return {vaddq_f32(a.v, b.v)}; }
inline Vec operator-(Vec a, Vec b) { return {vsubq_f32(a.v, b.v)}; }
inline Vec operator*(Vec a, Vec b) { return {vmulq_f32(a.v, b.v)}; }
inline Vec operator/(Vec a, Vec b) { return {vdivq_f32(a.v, b.v)}; }
inline Vec mul_add(Vec a, Vec b, Vec c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
inline void mul_add_to(Vec a, Vec b, Vec* acc) { *acc = mul_add(a, b, *acc); }
inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return {vfmsq_f32(c.v, a.v, b.v)}; }

inline Vec min(Vec a, Vec b) { return {vminq_f32(a.v, b.v)}; }
inline Vec max(Vec a, Vec b) { return {vmaxq_f32(a.v, b.v)}; }
inline Vec abs(Vec a) { return {vabsq_f32(a.v)}; }
inline Vec square_root(Vec a) { return {vsqrtq_f32(a.v)}; }
inline Vec copy_sign(Vec magnitude, Vec sign) { return {vbslq_f32(vdupq_n_u32(0x80000000u), sign.v, magnitude.v)}; }
inline Vec round(Vec a) { return {vrndnq_f32(a.v)}; }

// In two factors, since 2^n itself may not be a float where p * 2^n is one.
inline Vec scale_pow2(Vec p, Vec n) {
  const int32x4_t e = vcvtq_s32_f32(n.v), bias = vdupq_n_s32(127);
  const int32x4_t half = vshrq_n_s32(e, 1);
  const int32x4_t first = vshlq_n_s32(vaddq_s32(half, bias), 23);
  const int32x4_t second = vshlq_n_s32(vaddq_s32(vsubq_s32(e, half), bias), 23);
  return {vmulq_f32(vmulq_f32(p.v, vreinterpretq_f32_s32(first)), vreinterpretq_f32_s32(second))};
}

inline Mask less(Vec a, Vec b) { return {vcltq_f32(a.v, b.v)}; }
inline Mask is_nan(Vec a) { return {vmvnq_u32(vceqq_f32(a.v, a.v))}; }
inline Vec select(Mask mask, Vec yes, Vec no) { return {vbslq_f32(mask.v, yes.v, no.v)}; }
inline Vec first_lanes(Vec a, int64_t n, Vec rest) { return {vbslq_f32(lanes_below(n), a.v, rest.v)}; }

// Halves onto each other: 4 -> 2 -> 1.
inline float reduce_add(Vec a) {
  const float32x2_t s = vadd_f32(vget_low_f32(a.v), vget_high_f32(a.v));
  return vget_lane_f32(s, 0) + vget_lane_f32(s, 1);
}
inline float reduce_max(Vec a) { return vmaxvq_f32(a.v); }

inline float64x2_t as_pairs(float32x4_t a) { return vreinterpretq_f64_f32(a); }

inline void transpose(Vec (&rows)[4]) {
  const float32x4x2_t t = vtrnq_f32(rows[0].v, rows[1].v), u = vtrnq_f32(rows[2].v, rows[3].v);
  rows[0] = {vreinterpretq_f32_f64(vtrn1q_f64(as_pairs(t.val[0]), as_pairs(u.val[0])))};
  rows[1] = {vreinterpretq_f32_f64(vtrn1q_f64(as_pairs(t.val[1]), as_pairs(u.val[1])))};
  rows[2] = {vreinterpretq_f32_f64(vtrn2q_f64(as_pairs(t.val[0]), as_pairs(u.val[0])))};
  rows[3] = {vreinterpretq_f32_f64(vtrn2q_f64(as_pairs(t.val[1]), as_pairs(u.val[1])))};
}
