// Registers of the tile in assembly (../tile.h): zmm0 .. zmm23 are the sums (row r, vector v: 3 r + v).
#pragma once

#if defined(__GNUC__)
// clang-format off
#define VECTRAL_REGISTER(n) "%%zmm" #n
#define VECTRAL_TILE_W0 VECTRAL_REGISTER(24)
#define VECTRAL_TILE_W1 VECTRAL_REGISTER(25)
#define VECTRAL_TILE_W2 VECTRAL_REGISTER(26)
#define VECTRAL_TILE_A VECTRAL_REGISTER(27)
#define VECTRAL_TILE_PRODUCT VECTRAL_REGISTER(28)

#define VECTRAL_TILE_ROWS(ROW, ...)                                                                           \
  ROW(0, "(%[a])", VECTRAL_REGISTER(0), VECTRAL_REGISTER(1), VECTRAL_REGISTER(2), __VA_ARGS__)                \
  ROW(1, "(%[a], %[lda])", VECTRAL_REGISTER(3), VECTRAL_REGISTER(4), VECTRAL_REGISTER(5), __VA_ARGS__)        \
  ROW(2, "(%[a], %[lda], 2)", VECTRAL_REGISTER(6), VECTRAL_REGISTER(7), VECTRAL_REGISTER(8), __VA_ARGS__)     \
  ROW(3, "(%[a], %[lda3])", VECTRAL_REGISTER(9), VECTRAL_REGISTER(10), VECTRAL_REGISTER(11), __VA_ARGS__)     \
  ROW(4, "(%[a], %[lda], 4)", VECTRAL_REGISTER(12), VECTRAL_REGISTER(13), VECTRAL_REGISTER(14), __VA_ARGS__)  \
  ROW(5, "(%[a], %[lda5])", VECTRAL_REGISTER(15), VECTRAL_REGISTER(16), VECTRAL_REGISTER(17), __VA_ARGS__)    \
  ROW(6, "(%[a], %[lda3], 2)", VECTRAL_REGISTER(18), VECTRAL_REGISTER(19), VECTRAL_REGISTER(20), __VA_ARGS__) \
  ROW(7, "(%[a], %[lda7])", VECTRAL_REGISTER(21), VECTRAL_REGISTER(22), VECTRAL_REGISTER(23), __VA_ARGS__)

#define VECTRAL_TILE_CLOBBERS                                                                                 \
  "memory", "cc", "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10",    \
  "zmm11", "zmm12", "zmm13", "zmm14", "zmm15", "zmm16", "zmm17", "zmm18", "zmm19", "zmm20", "zmm21", "zmm22", \
  "zmm23", "zmm24", "zmm25", "zmm26", "zmm27", "zmm28"
// clang-format on
static_assert(kTileRows == 8 && kPanelVectors == 3);

#include "../tile.h"
#endif
