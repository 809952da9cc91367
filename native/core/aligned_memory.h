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
  // data() stays null where the memory cannot be had.
  explicit AlignedMemory(int64_t bytes)
      : data_(::operator new(static_cast<size_t>(align_up(bytes > 0 ? bytes : 1)), std::align_val_t(kMemoryAlignment),
                             std::nothrow)),
        bytes_(data_ == nullptr ? 0 : bytes) {}
  AlignedMemory(AlignedMemory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  AlignedMemory& operator=(AlignedMemory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~AlignedMemory() { ::operator delete(data_, std::align_val_t(kMemoryAlignment)); }

  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  void* data_ = nullptr;
  int64_t bytes_ = 0;
};

}  // namespace vectral
