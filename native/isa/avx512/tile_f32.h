// Tiles of f32 activations by f32, f16 or bf16 weights.
#pragma once

#if defined(__GNUC__)
VECTRAL_ASSEMBLY_TILE(float, float, float, 64, VECTRAL_TILE_WORDS, "vfmadd231ps")
VECTRAL_ASSEMBLY_TILE(float, F16, float, 32, VECTRAL_TILE_F16, "vfmadd231ps")
VECTRAL_ASSEMBLY_TILE(float, BF16, float, 32, VECTRAL_TILE_BF16, "vfmadd231ps")
#endif
