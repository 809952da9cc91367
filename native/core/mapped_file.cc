#include "mapped_file.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <system_error>

#ifdef _WIN32
#include <cstdio>
#include <filesystem>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace vectral {
namespace {

// Leaked on purpose: a worker may still release a file while the process runs its static destructors.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<const MappedFile>> files;
};

Registry& registry() {
  static Registry& instance = *new Registry;
  return instance;
}

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

uint64_t next_storage_id() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

std::string FileIdentity::text() const {
  std::string text = std::to_string(device);
  for (const int64_t part : {static_cast<int64_t>(inode), bytes, modified, changed}) text += ':' + std::to_string(part);
  return text;
}

#ifdef _WIN32

Status MappedFile::of_descriptor(int, const std::string& path, bool, std::shared_ptr<const MappedFile>*) {
  return Status::error(path + ": descriptors are not used on this system");
}

Status MappedFile::open(const std::string& path, bool, std::shared_ptr<const MappedFile>* file) {
  const auto native_path = std::filesystem::u8path(path);
  std::error_code failure;
  const auto bytes = std::filesystem::file_size(native_path, failure);
  if (failure) return Status::error(path + ": cannot be opened: " + failure.message());
  std::shared_ptr<MappedFile> opened(new MappedFile);
  opened->path_ = path;
  opened->id_ = next_storage_id();
  opened->size_ = static_cast<int64_t>(bytes);
  opened->memory_ = AlignedMemory(opened->size_);
  if (opened->memory_.data() == nullptr) return Status::error(path + ": not enough memory to read the file");
  std::FILE* stream = _wfopen(native_path.c_str(), L"rb");
  const size_t got = stream == nullptr ? 0 : std::fread(opened->memory_.data(), 1, bytes, stream);
  if (stream != nullptr) std::fclose(stream);
  if (got != bytes) return Status::error(path + ": could not be read whole");
  opened->data_ = static_cast<const uint8_t*>(opened->memory_.data());
  *file = std::move(opened);
  return Status::ok();
}

MappedFile::~MappedFile() = default;
Status MappedFile::check_whole() const { return Status::ok(); }
bool MappedFile::unchanged() const { return false; }
void MappedFile::populate() const {}
bool identity_of_file(const std::string&, FileIdentity*) { return false; }
void MappedFile::drop_pages(int64_t, int64_t) const {}

#else

namespace {

FileIdentity identity_of(const struct stat& s) {
#ifdef __APPLE__
  const timespec &modified = s.st_mtimespec, &changed = s.st_ctimespec;
#else
  const timespec &modified = s.st_mtim, &changed = s.st_ctim;
#endif
  const auto nanoseconds = [](const timespec& t) { return static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec; };
  return {static_cast<uint64_t>(s.st_dev), static_cast<uint64_t>(s.st_ino), s.st_size, nanoseconds(modified),
          nanoseconds(changed)};
}

}  // namespace

Status MappedFile::open(const std::string& path, bool map, std::shared_ptr<const MappedFile>* file) {
  // O_NONBLOCK: a named pipe is refused below instead of waited for.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return Status::error(path + ": cannot be opened: " + reason(errno));
  return of_descriptor(descriptor, path, map, file);
}

Status MappedFile::of_descriptor(int descriptor, const std::string& path, bool map,
                                 std::shared_ptr<const MappedFile>* file) {
  std::shared_ptr<MappedFile> opened(new MappedFile);
  opened->path_ = path;
  opened->fd_ = descriptor;
  struct stat s;
  if (::fstat(opened->fd_, &s) != 0) return Status::error(path + ": cannot be examined: " + reason(errno));
  if (!S_ISREG(s.st_mode)) return Status::error(path + ": is not a regular file");
  opened->size_ = s.st_size;
  opened->identity_ = identity_of(s);
  opened->key_ = (map ? "map " : "read ") + opened->identity_.text();

  Registry& r = registry();
  std::shared_ptr<const MappedFile> shared;
  {
    std::lock_guard lock(r.mutex);
    if (const auto found = r.files.find(opened->key_); found != r.files.end()) shared = found->second.lock();
  }
  if (shared == nullptr) {
    if (Status status = opened->map_or_read(map); !status.is_ok()) return status;
    opened->id_ = next_storage_id();
    std::lock_guard lock(r.mutex);
    std::weak_ptr<const MappedFile>& entry = r.files[opened->key_];
    shared = entry.lock();  // another thread may have been quicker
    if (shared == nullptr) entry = shared = opened;
  }
  *file = std::move(shared);
  return Status::ok();
}

Status MappedFile::map_or_read(bool map) {
  if (map && size_ > 0) {
    void* address = ::mmap(nullptr, static_cast<size_t>(size_), PROT_READ, MAP_PRIVATE, fd_, 0);
    if (address == MAP_FAILED) return Status::error(path_ + ": cannot be mapped into memory: " + reason(errno));
    mapped_ = true;
    data_ = static_cast<const uint8_t*>(address);
    return Status::ok();
  }
  memory_ = AlignedMemory(size_);
  if (memory_.data() == nullptr) return Status::error(path_ + ": not enough memory to read the file");
  auto* bytes = static_cast<uint8_t*>(memory_.data());
  for (int64_t done = 0; done < size_;) {
    const ssize_t got = ::pread(fd_, bytes + done, static_cast<size_t>(size_ - done), done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Status::error(path_ + ": cannot be read: " + reason(errno));
    if (got == 0) return Status::error(path_ + ": became shorter while it was read");
    done += got;
  }
  data_ = bytes;
  return Status::ok();
}

MappedFile::~MappedFile() {
  if (mapped_) ::munmap(const_cast<uint8_t*>(data_), static_cast<size_t>(size_));
  if (fd_ >= 0) ::close(fd_);
  if (id_ == 0) return;  // never entered the registry
  Registry& r = registry();
  std::lock_guard lock(r.mutex);
  const auto found = r.files.find(key_);
  if (found != r.files.end() && found->second.expired()) r.files.erase(found);
}

bool MappedFile::unchanged() const {
  struct stat s;
  return ::fstat(fd_, &s) == 0 && identity_of(s) == identity_;
}

Status MappedFile::check_whole() const {
  if (!mapped_) return Status::ok();
  struct stat s;
  if (::fstat(fd_, &s) != 0) return Status::error(path_ + ": cannot be examined: " + reason(errno));
  if (s.st_size >= size_) return Status::ok();
  return Status::error(path_ + ": was truncated after it was loaded (" + std::to_string(size_) + " bytes then, " +
                       std::to_string(s.st_size) + " now); restore the file and load it again");
}

void MappedFile::populate() const {
#ifdef MADV_POPULATE_READ
  if (mapped_) ::madvise(const_cast<uint8_t*>(data_), static_cast<size_t>(size_), MADV_POPULATE_READ);
#endif
}

bool identity_of_file(const std::string& path, FileIdentity* identity) {
  struct stat s;
  if (::stat(path.c_str(), &s) != 0) return false;
  *identity = identity_of(s);
  return true;
}

void MappedFile::drop_pages(int64_t begin, int64_t bytes) const {
  if (!mapped_) return;
  const int64_t page = ::sysconf(_SC_PAGESIZE);
  const int64_t first = (begin + page - 1) / page * page;
  const int64_t last = (begin + bytes) / page * page;
  if (first < last) ::madvise(const_cast<uint8_t*>(data_) + first, static_cast<size_t>(last - first), MADV_DONTNEED);
}

#endif

}  // namespace vectral
