// The two 16-bit float formats as stored: IEEE binary16, and bfloat16 (the upper half of a binary32).
// Widening is exact; narrowing rounds to nearest, ties to even. A NaN stays a NaN and becomes quiet.
#pragma once

#include <bit>
#include <cstdint>

namespace vectral {

struct F16 {
  uint16_t bits;
};

struct BF16 {
  uint16_t bits;
};

inline float widen(BF16 h) { return std::bit_cast<float>(static_cast<uint32_t>(h.bits) << 16); }

inline float widen(F16 h) {
  const uint32_t sign = static_cast<uint32_t>(h.bits & 0x8000u) << 16;
  const uint32_t magnitude = h.bits & 0x7FFFu;
  if (magnitude >= 0x7C00u) {  // infinity or NaN
    const uint32_t payload = (magnitude & 0x3FFu) << 13;
    return std::bit_cast<float>(sign | 0x7F800000u | payload | (payload != 0 ? 0x400000u : 0u));
  }
  if (magnitude < 0x0400u) {  // zero or denormal: a multiple of 2^-24, so the product is exact
    const float value = static_cast<float>(magnitude) * 0x1p-24f;
    return std::bit_cast<float>(sign | std::bit_cast<uint32_t>(value));
  }
  return std::bit_cast<float>(sign | ((magnitude << 13) + 0x38000000u));
}

inline BF16 narrow_bf16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return {static_cast<uint16_t>((bits >> 16) | 0x40u)};
  return {static_cast<uint16_t>((bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16)};
}

inline F16 narrow_f16(float x) {
  const uint32_t bits = std::bit_cast<uint32_t>(x);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7FFFFFFFu;
  uint32_t half;
  if (magnitude > 0x7F800000u) {
    half = 0x7E00u | ((magnitude >> 13) & 0x3FFu);
  } else if (magnitude >= 0x477FF000u) {  // 65520 and above round to infinity
    half = 0x7C00u;
  } else if (magnitude < 0x38800000u) {  // below 2^-14: adding 0.5 lets the FPU round to a multiple of 2^-24
    half = std::bit_cast<uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3F000000u;
  } else {
    half = (magnitude - 0x38000000u + 0xFFFu + ((magnitude >> 13) & 1u)) >> 13;
  }
  return {static_cast<uint16_t>(sign | half)};
}

}  // namespace vectral
