// AVX-512 with VNNI: avx512 with another int8 GEMM.
#if defined(__x86_64__)

#include "region.h"

#include "avx512vnni/begin.h"
#include "avx512/vec.h"
#include "avx512/words.h"
#include "avx512/tile.h"
#include "avx512vnni/dot_i8.h"
#include "../kernels/math.inl.h"
#include "../kernels/dot_bf16.inl.h"
#include "../kernels/gemm_finish.inl.h"
#include "../kernels/gemm_tile.inl.h"
#include "../kernels/gemm_i8.inl.h"
#include "../kernels/peak_tile.inl.h"
#include "avx512vnni/end.h"

namespace vectral {

void fill_avx512vnni(KernelTable* table) {
  table->gemm_i8 = avx512vnni::gemm_i8;
  table->peak_i8 = avx512vnni::peak_tile<avx512vnni::I8Dot>;
}

}  // namespace vectral

#endif
