// AVX-512 with VNNI and BF16: avx512vnni with another bf16 GEMM. On Zen 4 vdpbf16ps does twice the work of an f32 FMA
// in the same time. On Intel cores it runs at half the rate of f32 FMA instructions, so that gemm_bf16 there is no
// faster than gemm on large inputs and gains only from the halved bytes of W; those that matter have AMX.
#if defined(__x86_64__)

#include "region.h"

#include "avx512bf16/begin.h"
#include "avx512/vec.h"
#include "avx512/words.h"
#include "avx512/tile.h"
#include "avx512bf16/dot_bf16.h"
#include "../kernels/math.inl.h"
#include "../kernels/gemm_finish.inl.h"
#include "../kernels/gemm_tile.inl.h"
#include "../kernels/gemm_bf16.inl.h"
#include "../kernels/quantize.inl.h"
#include "../kernels/peak_tile.inl.h"
#include "avx512bf16/end.h"

namespace vectral {

void fill_avx512bf16(KernelTable* table) {
  table->gemm_bf16 = avx512bf16::gemm_bf16;
  table->quantize_bf16_rows = avx512bf16::quantize_bf16_rows;
  table->peak_bf16 = avx512bf16::peak_tile<avx512bf16::Bf16Dot>;
}

}  // namespace vectral

#endif
