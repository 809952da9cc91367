#include "spill_file.h"

#include <cerrno>
#include <cstring>

#ifdef _WIN32
#include <random>
#else
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#endif

namespace vectral {
namespace {

#ifdef _WIN32
constexpr int kNames = 100;  // names tried; a taken one is rare

std::FILE* open_without_name(const std::string& folder) {
  std::random_device random;
  std::FILE* file = nullptr;
  for (int i = 0; i < kNames && file == nullptr; ++i) {
    const std::string path = folder + "/vectral-" + std::to_string(random());
    file = std::fopen(path.c_str(), "w+bxD");  // x: a new one; D: deleted when it is closed
  }
  return file;
}

bool seek(std::FILE* file, int64_t offset) { return _fseeki64(file, offset, SEEK_SET) == 0; }
#else
std::FILE* open_without_name(const std::string& folder) {
  std::string path = folder + "/vectral-XXXXXX";
  const int descriptor = ::mkstemp(path.data());
  if (descriptor < 0) return nullptr;
  ::unlink(path.c_str());
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);  // a child process would keep the room on the disk
  std::FILE* const file = ::fdopen(descriptor, "w+b");
  if (file == nullptr) ::close(descriptor);
  return file;
}

bool seek(std::FILE* file, int64_t offset) { return ::fseeko(file, static_cast<off_t>(offset), SEEK_SET) == 0; }
#endif

}  // namespace

Status SpillFile::open() {
  file_.reset(open_without_name(folder_));
  return file_ == nullptr ? trouble("written") : Status::ok();
}

Status SpillFile::trouble(const char* what) const {
  return Status::error(folder_ + ": a temporary file cannot be " + what + " (" + std::strerror(errno) +
                       "); the variable TMPDIR names another folder");
}

Status SpillFile::append(const void* data, int64_t bytes, int64_t* begin) {
  if (file_ == nullptr) {
    if (Status status = open(); !status.is_ok()) return status;
  }
  const auto count = static_cast<size_t>(bytes);
  if (!seek(file_.get(), size_) || std::fwrite(data, 1, count, file_.get()) != count || std::fflush(file_.get()) != 0) {
    return trouble("written");
  }
  *begin = size_;
  size_ += bytes;
  return Status::ok();
}

Status SpillFile::read(int64_t begin, void* data, int64_t bytes) const {
  const auto count = static_cast<size_t>(bytes);
  if (count == 0) return Status::ok();
  if (!seek(file_.get(), begin) || std::fread(data, 1, count, file_.get()) != count) return trouble("read");
  return Status::ok();
}

}  // namespace vectral
