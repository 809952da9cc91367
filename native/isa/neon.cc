// NEON: 4 lanes, 32 registers.
#if defined(__aarch64__)

#include "region.h"

#include "neon/begin.h"
#include "neon/vec.h"
#include "neon/words.h"
#include "../kernels/all.inl.h"
#include "neon/end.h"

namespace vectral {

void fill_neon(KernelTable* table) {
#define VECTRAL_FILL(ret, name, args) table->name = neon::name;
  VECTRAL_KERNELS(VECTRAL_FILL)
#undef VECTRAL_FILL
}

}  // namespace vectral

#endif
