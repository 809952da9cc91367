// Which kernels run: chosen once from the CPU's feature bits and what the OS saves, or forced with VECTRAL_ISA.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "../core/status.h"
#include "kernels.h"

namespace vectral {

struct IsaChoice {
  std::string name;                      // "avx512"
  const KernelTable* kernels = nullptr;  // complete: parents have filled the gaps
};

// The instruction set called `requested`, or the best one where it is empty. An unknown name, or one this machine
// cannot run, is an error that lists what it can.
Status choose_isa(const std::string& requested, IsaChoice* choice);

// The process's choice. VECTRAL_ISA is read at the first call; an unknown or unsupported name is the error,
// and every later call returns the same error.
Status selected_isa(const IsaChoice** choice);

// Every ISA this build has and this machine can run, worst first (for tests and `inspect`).
std::vector<IsaChoice> runnable_isas();

// Names of every ISA in this build, runnable or not.
std::vector<std::string> built_isas();

// Which ISA provides a kernel in the table of `isa` ("softmax" -> "avx2" where avx512 inherits it).
// One entry a kernel, in the order of kernels.h: {kernel, isa}.
std::vector<std::pair<std::string, std::string>> kernel_sources(const std::string& isa);

}  // namespace vectral
