// A folder of files that only this user can have written, and the two things done there: open a file, put one in place.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace vectral {

class PrivateFolder {
 public:
  // Opens the folder, making it (and those above it, mode 0700) if `create`. is_open() stays false for one that belongs
  // to another user, that others may write to, or on a system without such rights.
  PrivateFolder(const std::string& path, bool create);
  ~PrivateFolder();
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  bool is_open() const { return descriptor_ >= 0; }

  // A descriptor to read the file, or -1: there is none, it is no regular file, a link, another user's, or others may
  // write to it.
  int open_file(const std::string& name) const;

  // Writes a new file (mode 0600) and gives it `name`, in place of what had it: readers see the old file or the new
  // one, whole. False, with nothing left behind, if anything fails or `write` returns false.
  using Append = std::function<bool(const void* data, int64_t bytes)>;
  bool replace_file(const std::string& name, const std::function<bool(const Append&)>& write) const;

 private:
  // What was begun and never finished, and files with the ending of `like` that were not read for a month.
  void remove_old(const std::string& like) const;

  int descriptor_ = -1;
};

}  // namespace vectral
