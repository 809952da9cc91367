// Tiles of f32 activations by f32, f16 or bf16 weights.
#pragma once

#if defined(__GNUC__)
// clang-format off
#define VECTRAL_TILE_F16(reg, offset) "vcvtph2ps " offset "(%[w]), " reg "\n"
#define VECTRAL_TILE_BF16(reg, offset)    \
  "vpmovzxwd " offset "(%[w]), " reg "\n" \
  "vpslld $16, " reg ", " reg "\n"

#define VECTRAL_BY_F32(s) VECTRAL_TILE_PRODUCTS(s, VECTRAL_TILE_WORDS, VECTRAL_TILE_AS_IS, VECTRAL_TILE_FMA)
#define VECTRAL_BY_F16(s) VECTRAL_TILE_PRODUCTS(s, VECTRAL_TILE_F16, VECTRAL_TILE_AS_IS, VECTRAL_TILE_FMA)
#define VECTRAL_BY_BF16(s) VECTRAL_TILE_PRODUCTS(s, VECTRAL_TILE_BF16, VECTRAL_TILE_AS_IS, VECTRAL_TILE_FMA)
// clang-format on

VECTRAL_ASSEMBLY_TILE(float, float, float, 4 * kLanes, VECTRAL_BY_F32)
VECTRAL_ASSEMBLY_TILE(float, F16, float, 2 * kLanes, VECTRAL_BY_F16)
VECTRAL_ASSEMBLY_TILE(float, BF16, float, 2 * kLanes, VECTRAL_BY_BF16)
#endif
