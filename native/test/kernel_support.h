// What the kernel tests share: every runnable ISA in turn, seeded numbers, buffers with guards, distances in ulp.
#pragma once

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "../dispatch/select.h"

namespace vectral::test {

inline constexpr float kInf = std::numeric_limits<float>::infinity();
inline constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

// Runs `body(kernels)` for each ISA; a failure inside names it.
template <typename Body>
void on_every_isa(Body body) {
  for (const IsaChoice& isa : runnable_isas()) {
    CAPTURE(isa.name);
    body(*isa.kernels);
  }
}

// Lengths around every lane count, from nothing to 2 * 16 + 1, and one longer than any unrolled loop.
inline std::vector<int64_t> lengths() {
  std::vector<int64_t> all;
  for (int64_t n = 0; n <= 33; ++n) all.push_back(n);
  all.push_back(131);
  return all;
}

class Numbers {
 public:
  explicit Numbers(uint32_t seed) : engine_(seed) {}
  float normal() { return distribution_(engine_); }
  std::vector<float> normals(int64_t n) {
    std::vector<float> v(static_cast<size_t>(n));
    for (float& x : v) x = normal();
    return v;
  }

 private:
  std::mt19937 engine_;
  std::normal_distribution<float> distribution_;
};

// n floats that begin `misalign` floats after a 64-byte boundary, between guards that must stay as they are.
class Guarded {
 public:
  explicit Guarded(int64_t n, int64_t misalign = 0) : n_(n), storage_(static_cast<size_t>(n) + 64, kGuard) {
    const auto address = reinterpret_cast<uintptr_t>(storage_.data());
    begin_ = (64 - address % 64) % 64 / sizeof(float) + 16 + misalign;
  }
  Guarded(const std::vector<float>& values, int64_t misalign) : Guarded(static_cast<int64_t>(values.size()), misalign) {
    for (size_t i = 0; i < values.size(); ++i) data()[i] = values[i];
  }
  float* data() { return storage_.data() + begin_; }
  float& operator[](int64_t i) { return data()[i]; }
  bool guards_hold() const {
    for (size_t i = 0; i < storage_.size(); ++i) {
      const bool inside = i >= begin_ && i < begin_ + static_cast<size_t>(n_);
      if (!inside && storage_[i] != kGuard) return false;
    }
    return true;
  }
  static constexpr float kGuard = -12345.5f;

 private:
  int64_t n_;
  size_t begin_;
  std::vector<float> storage_;
};

// Distance of `got` from the true value in units of the float spacing at the true value.
inline double ulps(float got, double truth) {
  const float nearest = static_cast<float>(truth);
  if (got == nearest) return std::abs(static_cast<double>(got) - truth) == 0 ? 0 : 0.5;
  const double below = std::abs(truth) < 0x1p-126 ? 0x1p-149 : std::ldexp(1.0, std::ilogb(truth) - 23);
  return std::abs(static_cast<double>(got) - truth) / below;
}

inline bool same_bits(float a, float b) { return std::bit_cast<uint32_t>(a) == std::bit_cast<uint32_t>(b); }

}  // namespace vectral::test
