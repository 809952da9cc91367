// What every isa/*.cc includes before it opens a region: all headers the kernels use. Inside a region nothing may be
// included, or a system header's inline functions would be compiled for instructions the machine may not have.
#pragma once

#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <type_traits>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#include "../dispatch/isa_list.h"
#include "../dispatch/kernels.h"

namespace vectral {

// What a register tile brings into the cache while it computes, from a pointer on, a group of k at a time: nothing, as
// many bytes as it reads of W, or a line, and that into the second level only.
enum class Fetch { nothing, groups, lines };

// Names a register tile to an instruction set that has its loop in assembly: rows of A, vectors of a panel, whether the
// sums go on from those in memory, and what is fetched.
template <int kRows, int kVectors, bool kFromOut, Fetch kFetch>
struct TileShape {};

}  // namespace vectral
