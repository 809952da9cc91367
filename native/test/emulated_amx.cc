#include "emulated_amx.h"

#include "../isa/region.h"

namespace vectral::test {
namespace emulated {
#include "../isa/scalar/vec.h"
#include "../isa/scalar/words.h"
#include "../kernels/math.inl.h"
#include "../kernels/elementwise.inl.h"
#include "../kernels/dot_bf16.inl.h"
#include "../kernels/gemm_layout.inl.h"
#include "../kernels/gemm_finish.inl.h"
#include "../kernels/gemm_tile_step.inl.h"
#include "../kernels/gemm_tile_registers.inl.h"
#include "../kernels/peak_tile_registers.inl.h"
#include "../kernels/pack.inl.h"
#include "../kernels/attention_pack.inl.h"
#include "../kernels/attention_softmax.inl.h"
#include "../kernels/attention_tile_registers.inl.h"
}  // namespace emulated

const KernelTable& emulated_amx() {
  static const KernelTable table = [] {
    KernelTable t = *runnable_isas().front().kernels;
    t.gemm_layout = emulated::tile_gemm_layout;
    t.gemm_bf16 = emulated::tile_gemm_bf16<EmulatedTiles>;
    t.gemm_i8 = emulated::tile_gemm_i8<EmulatedTiles>;
    t.attention_bf16_scratch = emulated::tile_attention_scratch;
    t.attention_bf16_pack = emulated::tile_attention_pack;
    t.attention_bf16 = emulated::tile_attention<EmulatedTiles>;
    t.peak_bf16 = emulated::tile_peak_bf16<EmulatedTiles>;
    t.peak_i8 = emulated::tile_peak_i8<EmulatedTiles>;
    return t;
  }();
  return table;
}

const KernelTable& emulated_amx_split() {
  static const KernelTable table = [] {
    KernelTable t = emulated_amx();
    t.gemm_layout = emulated::tile_split_layout;
    t.peak_f32 = emulated::tile_split_peak<EmulatedTiles>;
    return t;
  }();
  return table;
}

std::vector<uint8_t> tile_config_bytes(int64_t height) {
  const emulated::TileConfig config = emulated::tile_config(height);
  std::vector<uint8_t> bytes(sizeof(config));
  std::memcpy(bytes.data(), &config, sizeof(config));
  return bytes;
}

}  // namespace vectral::test
