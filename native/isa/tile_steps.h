// Tiles of bf16 and of int8 products where there is no instruction for them: the two steps of ../kernels/dot_bf16.inl.h
// and ../kernels/dot_i8.inl.h.
#pragma once

#if defined(__GNUC__)
alignas(64) constexpr uint32_t kHighHalves[16] = {
    0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000,
    0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000, 0xFFFF0000};
alignas(64) constexpr uint32_t kEvenBytes[16] = {0x00FF00FF, 0x00FF00FF, 0x00FF00FF, 0x00FF00FF, 0x00FF00FF, 0x00FF00FF,
                                                 0x00FF00FF, 0x00FF00FF, 0x00FF00FF, 0x00FF00FF, 0x00FF00FF, 0x00FF00FF,
                                                 0x00FF00FF, 0x00FF00FF, 0x00FF00FF, 0x00FF00FF};

// clang-format off
#define VECTRAL_LOW_BF16(reg) "vpslld $16, " reg ", " reg "\n"
#define VECTRAL_HIGH_BF16(reg) "vandps %[mask], " reg ", " reg "\n"
#define VECTRAL_LOAD_LOW_BF16(reg, offset) VECTRAL_TILE_WORDS(reg, offset) VECTRAL_LOW_BF16(reg)
#define VECTRAL_LOAD_HIGH_BF16(reg, offset) VECTRAL_TILE_WORDS(reg, offset) VECTRAL_HIGH_BF16(reg)
#define VECTRAL_BF16_STEPS(s)                                                         \
  VECTRAL_TILE_PRODUCTS(s, VECTRAL_LOAD_LOW_BF16, VECTRAL_LOW_BF16, VECTRAL_TILE_FMA) \
  VECTRAL_TILE_PRODUCTS(s, VECTRAL_LOAD_HIGH_BF16, VECTRAL_HIGH_BF16, VECTRAL_TILE_FMA)

#define VECTRAL_EVEN_U8(reg) "vandps %[mask], " reg ", " reg "\n"
#define VECTRAL_ODD_U8(reg) "vpsrlw $8, " reg ", " reg "\n"
#define VECTRAL_LOAD_EVEN_S8(reg, offset) \
  VECTRAL_TILE_WORDS(reg, offset)         \
  "vpsllw $8, " reg ", " reg "\n"         \
  "vpsraw $8, " reg ", " reg "\n"
#define VECTRAL_LOAD_ODD_S8(reg, offset) \
  VECTRAL_TILE_WORDS(reg, offset)        \
  "vpsraw $8, " reg ", " reg "\n"
#define VECTRAL_MADD(w, a, sum)                       \
  "vpmaddwd " w ", " a ", " VECTRAL_TILE_PRODUCT "\n" \
  "vpaddd " VECTRAL_TILE_PRODUCT ", " sum ", " sum "\n"
#define VECTRAL_I8_STEPS(s)                                                     \
  VECTRAL_TILE_PRODUCTS(s, VECTRAL_LOAD_EVEN_S8, VECTRAL_EVEN_U8, VECTRAL_MADD) \
  VECTRAL_TILE_PRODUCTS(s, VECTRAL_LOAD_ODD_S8, VECTRAL_ODD_U8, VECTRAL_MADD)
// clang-format on

VECTRAL_ASSEMBLY_TILE(BF16, BF16, float, 4 * kLanes, VECTRAL_BF16_STEPS, [mask] "m"(kHighHalves))
VECTRAL_ASSEMBLY_TILE(uint8_t, int8_t, int32_t, 4 * kLanes, VECTRAL_I8_STEPS, [mask] "m"(kEvenBytes))
#endif
