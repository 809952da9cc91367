// The one list of instruction sets. A row: name, parent (fills what the row leaves out), CPU features it needs.
// The order is the order of preference, worst first. Only the sets of the architecture being built are in it.
//
// Each row `name` has a folder isa/name/, a file isa/name.cc, and in it fill_name, which sets what this ISA provides.
// amx_split is amx with another choice for f32 (docs/adr/011-float32-on-amx.md), and stands with it; before it, so that
// it runs only where it is asked for.
#pragma once

#include "kernels.h"

#if defined(__x86_64__)
#define VECTRAL_ISA_LIST(ISA)                                                                                    \
  ISA(scalar, scalar, 0)                                                                                         \
  ISA(avx2, scalar, kAvx2 | kFma | kF16c)                                                                        \
  ISA(avx512, avx2, kAvx512F | kAvx512Bw | kAvx512Dq | kAvx512Vl)                                                \
  ISA(avx512vnni, avx512, kAvx512F | kAvx512Bw | kAvx512Dq | kAvx512Vl | kAvx512Vnni)                            \
  ISA(avx512bf16, avx512vnni, kAvx512F | kAvx512Bw | kAvx512Dq | kAvx512Vl | kAvx512Vnni | kAvx512Bf16)          \
  ISA(amx_split, amx,                                                                                            \
      kAvx512F | kAvx512Bw | kAvx512Dq | kAvx512Vl | kAvx512Vnni | kAvx512Bf16 | kAmxTile | kAmxBf16 | kAmxInt8) \
  ISA(amx, avx512bf16,                                                                                           \
      kAvx512F | kAvx512Bw | kAvx512Dq | kAvx512Vl | kAvx512Vnni | kAvx512Bf16 | kAmxTile | kAmxBf16 | kAmxInt8)
#elif defined(__aarch64__)
#define VECTRAL_ISA_LIST(ISA) \
  ISA(scalar, scalar, 0)      \
  ISA(neon, scalar, kNeon)
#else
#define VECTRAL_ISA_LIST(ISA) ISA(scalar, scalar, 0)
#endif

namespace vectral {

#define VECTRAL_DECLARE(name, parent, features) void fill_##name(KernelTable* table);
VECTRAL_ISA_LIST(VECTRAL_DECLARE)
#undef VECTRAL_DECLARE

}  // namespace vectral
