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
