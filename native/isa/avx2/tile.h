// Registers of the tile in assembly (../tile.h): ymm0 .. ymm11 are the sums (row r, vector v: 2 r + v). No tile is
// three vectors wide.
#pragma once

#if defined(__GNUC__)
// clang-format off
#define VECTRAL_REGISTER(n) "%%ymm" #n
#define VECTRAL_TILE_W0 VECTRAL_REGISTER(12)
#define VECTRAL_TILE_W1 VECTRAL_REGISTER(13)
#define VECTRAL_TILE_W2 ""
#define VECTRAL_TILE_A VECTRAL_REGISTER(14)
#define VECTRAL_TILE_PRODUCT VECTRAL_REGISTER(15)

#define VECTRAL_TILE_ROWS(ROW, ...)                                                      \
  ROW(0, "(%[a])", VECTRAL_REGISTER(0), VECTRAL_REGISTER(1), "", __VA_ARGS__)            \
  ROW(1, "(%[a], %[lda])", VECTRAL_REGISTER(2), VECTRAL_REGISTER(3), "", __VA_ARGS__)    \
  ROW(2, "(%[a], %[lda], 2)", VECTRAL_REGISTER(4), VECTRAL_REGISTER(5), "", __VA_ARGS__) \
  ROW(3, "(%[a], %[lda3])", VECTRAL_REGISTER(6), VECTRAL_REGISTER(7), "", __VA_ARGS__)   \
  ROW(4, "(%[a], %[lda], 4)", VECTRAL_REGISTER(8), VECTRAL_REGISTER(9), "", __VA_ARGS__) \
  ROW(5, "(%[a], %[lda5])", VECTRAL_REGISTER(10), VECTRAL_REGISTER(11), "", __VA_ARGS__)

#define VECTRAL_TILE_CLOBBERS                                                                              \
  "memory", "cc", "ymm0", "ymm1", "ymm2", "ymm3", "ymm4", "ymm5", "ymm6", "ymm7", "ymm8", "ymm9", "ymm10", \
  "ymm11", "ymm12", "ymm13", "ymm14", "ymm15"
// clang-format on
static_assert(kTileRows == 6 && kPanelVectors == 2);

#include "../tile.h"
#endif
