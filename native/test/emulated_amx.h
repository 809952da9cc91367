// The table of amx with its tile registers emulated: the GEMMs of native/kernels/gemm_tile_registers.inl.h as they
// stand, on a machine without the instructions. All else is scalar code.
#pragma once

#include <doctest/doctest.h>

#include <vector>

#include "../dispatch/select.h"
#include "emulated_tiles.h"

namespace vectral::test {

const KernelTable& emulated_amx();
const KernelTable& emulated_amx_split();

// Every ISA this machine runs, and the tile registers emulated.
inline std::vector<IsaChoice> tested_isas() {
  std::vector<IsaChoice> all = runnable_isas();
  all.push_back({"amx, emulated", &emulated_amx()});
  all.push_back({"amx_split, emulated", &emulated_amx_split()});
  return all;
}

template <typename Body>
void on_every_tested_isa(Body body) {
  for (const IsaChoice& isa : tested_isas()) {
    CAPTURE(isa.name);
    body(*isa.kernels);
  }
}

// The 64 bytes that a block of so many rows configures the registers with.
std::vector<uint8_t> tile_config_bytes(int64_t height);

}  // namespace vectral::test
