#include "cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#endif

namespace vectral {
namespace {

struct FeatureName {
  CpuFeature bit;
  const char* name;
};

constexpr FeatureName kNames[] = {
    {kAvx2, "avx2"},
    {kFma, "fma"},
    {kF16c, "f16c"},
    {kAvx512F, "avx512f"},
    {kAvx512Bw, "avx512bw"},
    {kAvx512Dq, "avx512dq"},
    {kAvx512Vl, "avx512vl"},
    {kAvx512Vnni, "avx512_vnni"},
    {kAvx512Bf16, "avx512_bf16"},
    {kAmxTile, "amx_tile"},
    {kAmxBf16, "amx_bf16"},
    {kAmxInt8, "amx_int8"},
    {kNeon, "asimd"},
};

#if defined(__x86_64__)

struct Leaf {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf cpuid(uint32_t leaf, uint32_t subleaf) {
  Leaf r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

// The register sets the OS saves at a context switch (XCR0). Only readable where CPUID says OSXSAVE.
uint64_t saved_registers() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (static_cast<uint64_t>(high) << 32) | low;
}

// Linux keeps the 8 KiB of tile registers only for processes that ask for them, and may refuse. The answer holds for
// all threads, present and to come.
bool tiles_granted() {
#if defined(__linux__)
  constexpr int kRequestPermission = 0x1023, kTileData = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
#else
  return false;
#endif
}

uint64_t detect() {
  constexpr uint64_t kYmmSaved = 0x6, kZmmSaved = 0xE6, kTilesSaved = 0x60000;
  const Leaf one = cpuid(1, 0);
  const bool osxsave = (one.ecx >> 27) & 1;
  if (!osxsave) return 0;
  const uint64_t saved = saved_registers();
  const Leaf seven = cpuid(7, 0);
  const Leaf seven_one = seven.eax >= 1 ? cpuid(7, 1) : Leaf();
  uint64_t found = 0;
  const auto take = [&](uint32_t word, int bit, CpuFeature feature, uint64_t needs) {
    if (((word >> bit) & 1) && (saved & needs) == needs) found |= feature;
  };
  take(seven.ebx, 5, kAvx2, kYmmSaved);
  take(one.ecx, 12, kFma, kYmmSaved);
  take(one.ecx, 29, kF16c, kYmmSaved);
  take(seven.ebx, 16, kAvx512F, kZmmSaved);
  take(seven.ebx, 30, kAvx512Bw, kZmmSaved);
  take(seven.ebx, 17, kAvx512Dq, kZmmSaved);
  take(seven.ebx, 31, kAvx512Vl, kZmmSaved);
  take(seven.ecx, 11, kAvx512Vnni, kZmmSaved);
  take(seven_one.eax, 5, kAvx512Bf16, kZmmSaved);
  constexpr int kTileBit = 24;
  if (!((seven.edx >> kTileBit) & 1) || (saved & kTilesSaved) != kTilesSaved || !tiles_granted()) return found;
  take(seven.edx, kTileBit, kAmxTile, kTilesSaved);
  take(seven.edx, 22, kAmxBf16, kTilesSaved);
  take(seven.edx, 25, kAmxInt8, kTilesSaved);
  return found;
}

#elif defined(__aarch64__)

uint64_t detect() { return kNeon; }  // part of the architecture

#else

uint64_t detect() { return 0; }

#endif

}  // namespace

uint64_t cpu_features() {
  static const uint64_t features = detect();
  return features;
}

std::vector<std::string> cpu_feature_names(uint64_t features) {
  std::vector<std::string> names;
  for (const FeatureName& f : kNames) {
    if (features & f.bit) names.emplace_back(f.name);
  }
  return names;
}

}  // namespace vectral
