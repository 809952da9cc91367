// Tensors with shared ownership: bytes (own memory or a region of a file), an element type and a shape.
#pragma once

#include <memory>

#include "aligned_memory.h"
#include "mapped_file.h"
#include "shape.h"

namespace vectral {

// Bytes that never change once they have been shared.
class Storage {
 public:
  // Null where the memory cannot be had.
  static std::shared_ptr<Storage> allocate(int64_t bytes);
  // Memory of somebody else's, which goes when the last owner lets go.
  static std::shared_ptr<Storage> adopt(std::shared_ptr<void> memory, int64_t bytes);
  static std::shared_ptr<Storage> region(std::shared_ptr<const MappedFile> file, int64_t begin, int64_t bytes);

  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }
  bool owned() const { return file_ == nullptr; }
  const std::shared_ptr<const MappedFile>& file() const { return file_; }

  // Two storages with the same source and offset begin with the same bytes.
  uint64_t source() const { return source_; }
  int64_t offset() const { return offset_; }

 private:
  Storage() = default;
  AlignedMemory memory_;
  std::shared_ptr<void> adopted_;
  std::shared_ptr<const MappedFile> file_;
  void* data_ = nullptr;
  int64_t bytes_ = 0;
  uint64_t source_ = 0;
  int64_t offset_ = 0;
};

struct Tensor {
  std::shared_ptr<const Storage> storage;
  DType dtype = DType::f32;
  Shape shape;

  View view() const { return make_view(storage->data(), dtype, shape); }
};

}  // namespace vectral
