// Bytes that do not fit in memory, in a file without a name: the system frees it with the process, however that ends.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "status.h"

namespace vectral {

class SpillFile {
 public:
  // The folder is not looked at before the first append.
  explicit SpillFile(std::string folder = {}) : folder_(std::move(folder)) {}

  // `begin`: where the bytes begin, for read. Errors name the folder and the cause.
  Status append(const void* data, int64_t bytes, int64_t* begin);
  // Bytes that were appended.
  Status read(int64_t begin, void* data, int64_t bytes) const;
  int64_t size() const { return size_; }

 private:
  Status open();
  Status trouble(const char* what) const;

  std::string folder_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_{nullptr, std::fclose};
  int64_t size_ = 0;
};

}  // namespace vectral
