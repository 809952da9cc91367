#include "storage.h"

namespace vectral {

std::shared_ptr<Storage> Storage::allocate(int64_t bytes) {
  std::shared_ptr<Storage> storage(new Storage);
  storage->memory_ = AlignedMemory(bytes);
  if (storage->memory_.data() == nullptr) return nullptr;
  storage->data_ = storage->memory_.data();
  storage->bytes_ = bytes;
  storage->source_ = next_storage_id();
  return storage;
}

std::shared_ptr<Storage> Storage::adopt(std::shared_ptr<void> memory, int64_t bytes) {
  std::shared_ptr<Storage> storage(new Storage);
  storage->data_ = memory.get();
  storage->bytes_ = bytes;
  storage->source_ = next_storage_id();
  storage->adopted_ = std::move(memory);
  return storage;
}

std::shared_ptr<Storage> Storage::region(std::shared_ptr<const MappedFile> file, int64_t begin, int64_t bytes) {
  std::shared_ptr<Storage> storage(new Storage);
  storage->data_ = const_cast<uint8_t*>(file->data()) + begin;
  storage->bytes_ = bytes;
  storage->source_ = file->id();
  storage->offset_ = begin;
  storage->file_ = std::move(file);
  return storage;
}

}  // namespace vectral
