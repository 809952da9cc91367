// AVX2 with FMA and F16C: 8 lanes, 16 registers.
#if defined(__x86_64__)

#include "region.h"

#include "avx2/begin.h"
#include "avx2/vec.h"
#include "avx2/words.h"
#include "avx2/tile.h"
#include "tile_f32.h"
#include "tile_steps.h"
#include "../kernels/all.inl.h"
#include "avx2/end.h"

namespace vectral {

void fill_avx2(KernelTable* table) {
#define VECTRAL_FILL(ret, name, args) table->name = avx2::name;
  VECTRAL_KERNELS(VECTRAL_FILL)
#undef VECTRAL_FILL
}

}  // namespace vectral

#endif
