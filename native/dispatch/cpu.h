// What this CPU can do and the OS lets it do. The model name is never asked: hypervisors lie about it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vectral {

enum CpuFeature : uint64_t {
  kAvx2 = 1 << 0,
  kFma = 1 << 1,
  kF16c = 1 << 2,
  kAvx512F = 1 << 3,
  kAvx512Bw = 1 << 4,
  kAvx512Dq = 1 << 5,
  kAvx512Vl = 1 << 6,
  kAvx512Vnni = 1 << 7,
  kAvx512Bf16 = 1 << 8,
  kAmxTile = 1 << 9,
  kAmxBf16 = 1 << 10,
  kAmxInt8 = 1 << 11,
  kNeon = 1 << 12,
};

// Bits of CpuFeature, each only where the OS also saves the registers it uses (XGETBV; for AMX, Linux is asked to at
// the first call).
uint64_t cpu_features();

// The names of those bits, as /proc/cpuinfo spells them ("avx512_vnni").
std::vector<std::string> cpu_feature_names(uint64_t features);

}  // namespace vectral
