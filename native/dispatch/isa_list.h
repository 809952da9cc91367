// The one list of instruction sets. A row: name, parent (fills what the row leaves out), CPU features it needs.
// The order is the order of preference, worst first, within one architecture.
#pragma once

#define VECTRAL_ISA_LIST(ISA)                                             \
  ISA(scalar, scalar, 0)                                                  \
  ISA(avx2, scalar, kAvx2 | kFma | kF16c)                                 \
  ISA(avx512, avx2, kAvx512F | kAvx512Bw | kAvx512Dq | kAvx512Vl)         \
  ISA(neon, scalar, kNeon)
