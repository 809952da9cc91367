// Packed matrices kept in a file, so that the next process maps them instead of packing.
//
// A file holds all matrices of one program:
//
//   header | a row {begin, bytes, checksum} for each matrix | the key | padding | blocks, each at a whole page
//
// The key is text that names everything the bytes depend on: this format, the engine's own binary, the instruction set,
// each weight file's identity, and for each matrix its layout, sections and parts. A file is used only if its key is
// the expected one, character for character, and all checksums hold; in any other case it counts as absent, and is
// replaced when the matrices have been packed. docs/adr/010-packed-cache.md says why.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "packed_weights.h"

namespace vectral {

struct PackedCacheOptions {
  std::string folder;             // empty: no cache
  int64_t least_bytes = 4 << 20;  // less is packed sooner than its file is found
  // A weight file changed within this time may be changed again without its time moving on: it is not cached yet.
  int64_t settled_after = 2'000'000'000;  // nanoseconds
};

class PackedCache {
 public:
  // The matrices of one program. Those whose weights lie in no file are left alone.
  PackedCache(const PackedCacheOptions& options, const std::vector<PackingRequest>& requests, int threads);

  // The block of request `index`, if the file has it. The file is looked for, and checked whole, at the first call.
  SavedBlock find(size_t index);

  // Keeps the blocks for the next process, if they may be kept and are not kept already. `packed` has one for each
  // request. Nothing is said if it cannot be done: the cache is a convenience.
  void save(const std::vector<std::shared_ptr<const PackedWeights>>& packed);

  // For tests: the file's name in the folder.
  const std::string& file_name() const { return name_; }

 private:
  struct Wanted {
    size_t request = 0;
    int64_t bytes = 0;
  };

  void load();
  bool settled() const;

  PackedCacheOptions options_;
  int threads_;
  std::vector<Wanted> wanted_;  // the matrices of the file, in its order
  std::vector<std::shared_ptr<const MappedFile>> sources_;
  std::string name_, key_;  // empty: nothing to cache
  bool looked_ = false;
  std::shared_ptr<const MappedFile> file_;
  std::vector<const uint8_t*> blocks_;  // by request
};

}  // namespace vectral
