#include "private_folder.h"

#ifndef _WIN32
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#endif

namespace vectral {

#ifdef _WIN32

PrivateFolder::PrivateFolder(const std::string&, bool) {}
PrivateFolder::~PrivateFolder() = default;
int PrivateFolder::open_file(const std::string&) const { return -1; }
bool PrivateFolder::replace_file(const std::string&, const std::function<bool(const Append&)>&) const { return false; }
void PrivateFolder::remove_old(const std::string&) const {}

#else

namespace {

constexpr const char* kUnfinished = ".unfinished-";
// Nobody takes this long to write one; who began it has died.
constexpr time_t kAbandonedSeconds = 3600;
// A file that nobody has read for so long: its model was moved, replaced or deleted.
constexpr time_t kUnusedSeconds = 30 * 24 * 3600;

bool only_ours(const struct stat& s) { return s.st_uid == ::geteuid() && (s.st_mode & (S_IWGRP | S_IWOTH)) == 0; }

void make_folders(const std::string& path) {
  for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    ::mkdir(path.substr(0, end).c_str(), 0700);  // what fails shows when the folder is opened
    if (end == std::string::npos) return;
  }
}

bool write_all(int descriptor, const void* data, int64_t bytes) {
  const auto* p = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(descriptor, p, static_cast<size_t>(bytes));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    p += written;
    bytes -= written;
  }
  return true;
}

}  // namespace

PrivateFolder::PrivateFolder(const std::string& path, bool create) {
  if (path.empty()) return;
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  descriptor_ = ::open(path.c_str(), kFlags);
  if (descriptor_ < 0 && errno == ENOENT && create) {
    make_folders(path);
    descriptor_ = ::open(path.c_str(), kFlags);
  }
  struct stat s;
  if (descriptor_ < 0 || (::fstat(descriptor_, &s) == 0 && only_ours(s))) return;
  ::close(descriptor_);
  descriptor_ = -1;
}

PrivateFolder::~PrivateFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int PrivateFolder::open_file(const std::string& name) const {
  const int file = ::openat(descriptor_, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat s;
  if (file < 0) return -1;
  if (::fstat(file, &s) != 0 || !S_ISREG(s.st_mode) || !only_ours(s)) {
    ::close(file);
    return -1;
  }
  // Says that it is in use, also where the system does not keep track of reads.
  const timespec times[2] = {{0, UTIME_NOW}, {0, UTIME_OMIT}};
  ::futimens(file, times);
  return file;
}

bool PrivateFolder::replace_file(const std::string& name, const std::function<bool(const Append&)>& write) const {
  static std::atomic<uint32_t> count{0};
  remove_old(name);
  // Unlike any other's: of a process in another container with the same number, the time differs.
  timespec now;
  ::clock_gettime(CLOCK_REALTIME, &now);
  const std::string unfinished = kUnfinished + std::to_string(::getpid()) + '-' + std::to_string(count.fetch_add(1)) +
                                 '-' + std::to_string(now.tv_nsec);
  const int file =
      ::openat(descriptor_, unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0) return false;
  bool done = write([file](const void* data, int64_t bytes) { return write_all(file, data, bytes); });
  done = ::close(file) == 0 && done;  // a full network disk may say so only now
  done = done && ::renameat(descriptor_, unfinished.c_str(), descriptor_, name.c_str()) == 0;
  if (!done) ::unlinkat(descriptor_, unfinished.c_str(), 0);
  return done;
}

void PrivateFolder::remove_old(const std::string& like) const {
  const std::string ending = like.substr(std::min(like.rfind('.'), like.size()));
  const int copy = ::openat(descriptor_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const entries = copy < 0 ? nullptr : ::fdopendir(copy);
  if (entries == nullptr) {
    if (copy >= 0) ::close(copy);
    return;
  }
  const time_t now = ::time(nullptr);
  while (const dirent* entry = ::readdir(entries)) {
    const std::string name = entry->d_name;
    struct stat s;
    if (::fstatat(descriptor_, name.c_str(), &s, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(s.st_mode)) continue;
    const bool abandoned = name.starts_with(kUnfinished) && now - s.st_mtime >= kAbandonedSeconds;
    const bool unused = !ending.empty() && name.ends_with(ending) && now - s.st_atime >= kUnusedSeconds;
    if (abandoned || unused) ::unlinkat(descriptor_, name.c_str(), 0);
  }
  ::closedir(entries);
}

#endif

}  // namespace vectral
