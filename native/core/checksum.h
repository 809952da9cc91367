// A checksum against damage, not against enemies: 64 bits, as fast as memory is read (8 lanes, 8 bytes a cycle).
#pragma once

#include <cstdint>
#include <cstring>

namespace vectral {

inline uint64_t checksum(const void* data, int64_t bytes) {
  // An odd factor: each step is one to one in the word and in the state, so no single changed word goes unseen.
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15u;
  constexpr int kLanes = 8;
  constexpr int64_t kBlock = kLanes * 8;
  const auto* p = static_cast<const uint8_t*>(data);
  uint64_t lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) lanes[i] = static_cast<uint64_t>(i + 1) * kFactor;
  const auto take = [&lanes](const uint8_t* block) {
#pragma GCC unroll 8
    for (int i = 0; i < kLanes; ++i) {
      uint64_t word;
      std::memcpy(&word, block + i * 8, 8);
      const uint64_t mixed = (lanes[i] ^ word) * kFactor;
      lanes[i] = mixed ^ (mixed >> 32);
    }
  };
  int64_t done = 0;
  for (; done + kBlock <= bytes; done += kBlock) take(p + done);
  if (done < bytes) {
    uint8_t tail[kBlock] = {};
    std::memcpy(tail, p + done, static_cast<size_t>(bytes - done));
    take(tail);
  }
  uint64_t sum = static_cast<uint64_t>(bytes) * kFactor;
  for (const uint64_t lane : lanes) {
    const uint64_t mixed = (sum ^ lane) * kFactor;
    sum = mixed ^ (mixed >> 29);
  }
  return sum;
}

}  // namespace vectral
