// AVX-512 F, BW, DQ and VL: 16 lanes, 32 registers.
#if defined(__x86_64__)

#include "region.h"

#include "avx512/begin.h"
#include "avx512/vec.h"
#include "avx512/words.h"
#include "avx512/tile.h"
#include "tile_f32.h"
#include "tile_steps.h"
#include "../kernels/all.inl.h"
#include "avx512/end.h"

namespace vectral {

void fill_avx512(KernelTable* table) {
#define VECTRAL_FILL(ret, name, args) table->name = avx512::name;
  VECTRAL_KERNELS(VECTRAL_FILL)
#undef VECTRAL_FILL
}

}  // namespace vectral

#endif
