// Plain C++: the ancestor of every table, and what an unknown CPU runs.
#include "region.h"

#include "scalar/begin.h"
#include "scalar/vec.h"
#include "scalar/words.h"
#include "../kernels/all.inl.h"
#include "scalar/end.h"

namespace vectral {

void fill_scalar(KernelTable* table) {
#define VECTRAL_FILL(ret, name, args) table->name = scalar::name;
  VECTRAL_KERNELS(VECTRAL_FILL)
#undef VECTRAL_FILL
}

}  // namespace vectral
