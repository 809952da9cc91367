// A read-only file in memory, shared by everyone in the process who opens the same file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "aligned_memory.h"
#include "status.h"

namespace vectral {

// What tells one state of one file from another. `changed` moves with every write, whatever programs do to `modified`.
struct FileIdentity {
  uint64_t device = 0, inode = 0;
  int64_t bytes = 0;
  int64_t modified = 0, changed = 0;  // nanoseconds since 1970

  bool operator==(const FileIdentity&) const = default;
  std::string text() const;
};

class MappedFile {
 public:
  // Maps the file, or reads it whole where `map` is false or the system has no mapping. A file that is already open
  // here (same identity) is shared. Errors name the path and the cause.
  static Status open(const std::string& path, bool map, std::shared_ptr<const MappedFile>* file);
  // The same for a file that is open already; takes over `descriptor`.
  static Status of_descriptor(int descriptor, const std::string& path, bool map,
                              std::shared_ptr<const MappedFile>* file);

  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  int64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  bool mapped() const { return mapped_; }
  // As it was when the file was opened; all zeros where the system does not tell.
  const FileIdentity& identity() const { return identity_; }
  // Whether the file behind this still has that identity.
  bool unchanged() const;
  // Never given to another file or block of memory in this process.
  uint64_t id() const { return id_; }

  // An error if a mapped file has become shorter: touching the lost pages would end the process. Asked before each use;
  // a file cut during one use can still do so, and only a file that was read instead of mapped is safe from it.
  Status check_whole() const;

  // Asks the system to have every page in place, in one call instead of a fault each.
  void populate() const;

  // Lets the system drop the whole pages within [begin, begin + bytes): they come back from the file when touched.
  void drop_pages(int64_t begin, int64_t bytes) const;

 private:
  MappedFile() = default;
  Status map_or_read(bool map);

  std::string path_;
  std::string key_;
  FileIdentity identity_;
  uint64_t id_ = 0;
  int fd_ = -1;
  bool mapped_ = false;
  const uint8_t* data_ = nullptr;
  int64_t size_ = 0;
  AlignedMemory memory_;
};

// False if there is no such file, or the system does not tell.
bool identity_of_file(const std::string& path, FileIdentity* identity);

// A number that no storage of this process has had before.
uint64_t next_storage_id();

}  // namespace vectral
