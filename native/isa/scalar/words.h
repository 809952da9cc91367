// Integers in the lanes of a Vec, for the GEMMs of bf16 and int8, and the contract of every isa/*/words.h.
//
//   Words             kLanes words of 32 bits: an i32, two bf16 or i16 (the first in the low half), or four bytes
//   load_words32      kLanes words at any address; load_words32_partial(p, n): the first n, the rest zero
//   set_words         one word at any address, in every lane
//   low_bf16, high_   one bf16 of each word, widened
//   even_u8, odd_u8   bytes 0 and 2, or 1 and 3, of each word as two i16; even_s8, odd_s8: the same of signed bytes
//   madd_to           acc += both products of the i16 pairs: exact while the sums fit i32
//   to_vec            i32 to the nearest float
//   store_u8          floats of 0 .. 255 as bytes, to the nearest even; store_u8_partial(p, v, n): the first n
//   as_vec, as_words  the same bits as a Vec, and back
//   store_low16       the low half of every word, side by side at any address; store_high16: the high half
#pragma once

struct Words {
  int32_t v;
};

inline Words zero_words() { return {0}; }
inline Words load_words32(const void* p) {
  Words w;
  __builtin_memcpy(&w.v, p, 4);
  return w;
}
inline Words load_words32_partial(const void* p, int64_t n) { return n > 0 ? load_words32(p) : zero_words(); }
inline Words set_words(const void* p) { return load_words32(p); }
inline void store_words32(void* p, Words w) { __builtin_memcpy(p, &w.v, 4); }

inline Vec low_bf16(Words w) { return {std::bit_cast<float>(static_cast<uint32_t>(w.v) << 16)}; }
inline Vec high_bf16(Words w) { return {std::bit_cast<float>(static_cast<uint32_t>(w.v) & 0xFFFF0000u)}; }

inline Words even_u8(Words w) { return {w.v & 0x00FF00FF}; }
inline Words odd_u8(Words w) { return {(w.v >> 8) & 0x00FF00FF}; }
inline Words pair(int32_t low, int32_t high) {
  return {static_cast<int32_t>((static_cast<uint32_t>(low) & 0xFFFFu) | (static_cast<uint32_t>(high) << 16))};
}
inline Words even_s8(Words w) { return pair(static_cast<int8_t>(w.v), static_cast<int8_t>(w.v >> 16)); }
inline Words odd_s8(Words w) { return pair(static_cast<int8_t>(w.v >> 8), static_cast<int8_t>(w.v >> 24)); }
inline void madd_to(Words a, Words b, Words* acc) {
  acc->v += static_cast<int16_t>(a.v) * static_cast<int16_t>(b.v) + (a.v >> 16) * (b.v >> 16);
}

inline Words operator-(Words a, Words b) { return {a.v - b.v}; }
inline Words times_128(Words a) { return {static_cast<int32_t>(static_cast<uint32_t>(a.v) << 7)}; }
inline Vec to_vec(Words a) { return {static_cast<float>(a.v)}; }

inline void store_u8(uint8_t* p, Vec a) { *p = static_cast<uint8_t>(round(a).v); }
inline void store_u8_partial(uint8_t* p, Vec a, int64_t n) {
  if (n > 0) store_u8(p, a);
}

inline Vec as_vec(Words w) { return {std::bit_cast<float>(w.v)}; }
inline Words as_words(Vec a) { return {std::bit_cast<int32_t>(a.v)}; }
inline void store_low16(void* p, Words w) {
  const auto half = static_cast<uint16_t>(w.v);
  __builtin_memcpy(p, &half, 2);
}
inline void store_high16(void* p, Words w) { store_low16(p, {w.v >> 16}); }
