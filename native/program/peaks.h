// What this machine does at best with the kernels of one instruction set: what an operation's time is compared with.
#pragma once

#include <cstdint>
#include <vector>

#include "../core/status.h"
#include "../dispatch/kernels.h"

namespace vectral {

// Reading over and over what each thread keeps for itself.
struct ReadRate {
  int64_t bytes = 0;            // of one thread
  double bytes_per_second = 0;  // of all threads together
};

// Of all threads together; operations a second, a multiply-add counting as two.
struct MachinePeaks {
  double f32 = 0, bf16 = 0, i8 = 0;
  std::vector<ReadRate> reads;  // by rising `bytes`
};

// Takes about 50 ms for each arithmetic and each size. Sizes: 16 KiB and every fourfold, as long as all threads
// together stay within `most_bytes`, which are allocated; 0: nothing is read.
Status measure_peaks(const KernelTable& kernels, int threads, int64_t most_bytes, MachinePeaks* peaks);

}  // namespace vectral
