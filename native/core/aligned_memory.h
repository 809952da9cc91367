// A block of memory whose address is a multiple of 64, so that rows start on cache lines and vector loads do not split.
#pragma once

#include <cstdint>
#include <new>
#include <utility>

namespace vectral {

constexpr int64_t kMemoryAlignment = 64;

constexpr int64_t align_up(int64_t bytes) {
  return (bytes + kMemoryAlignment - 1) / kMemoryAlignment * kMemoryAlignment;
}

class AlignedMemory {
 public:
  AlignedMemory() = default;
  // data() stays null where the memory cannot be had. Aligned here: asked for aligned memory, allocators such as
  // glibc's look for a gap larger than what they have given, and do not find room in the gap that the last block of
  // this size left.
  explicit AlignedMemory(int64_t bytes)
      : block_(::operator new(static_cast<size_t>(align_up(bytes) + kMemoryAlignment), std::nothrow)) {
    if (block_ == nullptr) return;
    data_ = reinterpret_cast<void*>(align_up(reinterpret_cast<int64_t>(block_)));
    bytes_ = bytes;
  }
  AlignedMemory(AlignedMemory&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  AlignedMemory& operator=(AlignedMemory&& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~AlignedMemory() { ::operator delete(block_); }

  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  void* block_ = nullptr;
  void* data_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace vectral
