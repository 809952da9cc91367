// 4 words of 32 bits in a q register. The contract of each name stands in ../scalar/words.h.
#pragma once

struct Words {
  int32x4_t v;
};

inline Words zero_words() { return {vdupq_n_s32(0)}; }
inline Words load_words32(const void* p) { return {vreinterpretq_s32_u8(vld1q_u8(static_cast<const uint8_t*>(p)))}; }
inline Words load_words32_partial(const void* p, int64_t n) {
  int32_t words[4] = {};
  __builtin_memcpy(words, p, static_cast<size_t>(n) * 4);
  return {vld1q_s32(words)};
}
inline Words set_words(const void* p) {
  int32_t word;
  __builtin_memcpy(&word, p, 4);
  return {vdupq_n_s32(word)};
}
inline void store_words32(void* p, Words w) { vst1q_u8(static_cast<uint8_t*>(p), vreinterpretq_u8_s32(w.v)); }

inline Vec low_bf16(Words w) { return {vreinterpretq_f32_s32(vshlq_n_s32(w.v, 16))}; }
inline Vec high_bf16(Words w) {
  return {vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_s32(w.v), vdupq_n_u32(0xFFFF0000u)))};
}

inline Words even_u8(Words w) { return {vandq_s32(w.v, vdupq_n_s32(0x00FF00FF))}; }
inline Words odd_u8(Words w) { return {vreinterpretq_s32_u16(vshrq_n_u16(vreinterpretq_u16_s32(w.v), 8))}; }
inline Words even_s8(Words w) {
  return {vreinterpretq_s32_s16(vshrq_n_s16(vshlq_n_s16(vreinterpretq_s16_s32(w.v), 8), 8))};
}
inline Words odd_s8(Words w) { return {vreinterpretq_s32_s16(vshrq_n_s16(vreinterpretq_s16_s32(w.v), 8))}; }
inline void madd_to(Words a, Words b, Words* acc) {
  const int16x8_t x = vreinterpretq_s16_s32(a.v), y = vreinterpretq_s16_s32(b.v);
  const int32x4_t low = vmull_s16(vget_low_s16(x), vget_low_s16(y)), high = vmull_high_s16(x, y);
  acc->v = vaddq_s32(acc->v, vpaddq_s32(low, high));
}

inline Words operator-(Words a, Words b) { return {vsubq_s32(a.v, b.v)}; }
inline Words times_128(Words a) { return {vshlq_n_s32(a.v, 7)}; }
inline Vec to_vec(Words a) { return {vcvtq_f32_s32(a.v)}; }

inline void store_u8_partial(uint8_t* p, Vec a, int64_t n) {
  const uint16x4_t halves = vmovn_u32(vcvtnq_u32_f32(a.v));
  uint8_t bytes[8];
  vst1_u8(bytes, vmovn_u16(vcombine_u16(halves, halves)));
  __builtin_memcpy(p, bytes, static_cast<size_t>(n));
}
inline void store_u8(uint8_t* p, Vec a) { store_u8_partial(p, a, 4); }

inline Vec as_vec(Words w) { return {vreinterpretq_f32_s32(w.v)}; }
inline Words as_words(Vec a) { return {vreinterpretq_s32_f32(a.v)}; }
inline void store_low16(void* p, Words w) { vst1_u8(static_cast<uint8_t*>(p), vreinterpret_u8_s16(vmovn_s32(w.v))); }
inline void store_high16(void* p, Words w) {
  vst1_u8(static_cast<uint8_t*>(p), vreinterpret_u8_s16(vshrn_n_s32(w.v, 16)));
}
