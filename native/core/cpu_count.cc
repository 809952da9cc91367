#include "cpu_count.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

namespace vectral {
namespace {

std::string read_file(const std::string& path) {
  std::string text;
  std::FILE* file = std::fopen(path.c_str(), "r");
  if (file == nullptr) return text;
  char block[4096];
  for (size_t got; (got = std::fread(block, 1, sizeof block, file)) > 0;) text.append(block, got);
  std::fclose(file);
  return text;
}

// The number at the front of the text, which loses it with the blanks after it; -1 for none ("max", "").
int64_t take_number(std::string_view* text) {
  int64_t number = -1;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc()) return -1;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  while (!text->empty() && (text->front() == ' ' || text->front() == '\n')) text->remove_prefix(1);
  return number;
}

int whole_cpus(int64_t quota, int64_t period) {
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<int>(std::min<int64_t>((quota + period - 1) / period, kMaxThreads));
}

int group_quota(const std::string& folder, bool version2) {
  if (version2) {
    const std::string text = read_file(folder + "/cpu.max");
    std::string_view rest = text;
    const int64_t quota = take_number(&rest);
    return whole_cpus(quota, take_number(&rest));
  }
  const std::string quota = read_file(folder + "/cpu.cfs_quota_us");
  const std::string period = read_file(folder + "/cpu.cfs_period_us");
  std::string_view quota_text = quota, period_text = period;
  return whole_cpus(take_number(&quota_text), take_number(&period_text));
}

bool lists_cpu(std::string_view controllers) {
  while (!controllers.empty()) {
    const size_t comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == "cpu") return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

}  // namespace

int cgroup_cpu_quota(std::string_view text, const std::string& root) {
  int least = 0;
  while (!text.empty()) {
    const size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, length);
    text.remove_prefix(std::min(length + 1, text.size()));
    const size_t first = line.find(':');
    const size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const bool version2 = controllers.empty();
    if (!version2 && !lists_cpu(controllers)) continue;
    const std::string mount = version2 ? root : root + "/" + std::string(controllers);
    std::string path(line.substr(second + 1));
    for (;;) {
      const int quota = group_quota(mount + path, version2);
      if (quota > 0) least = least == 0 ? quota : std::min(least, quota);
      const size_t slash = path.rfind('/');
      if (slash == std::string::npos) break;
      path.resize(slash);
    }
  }
  return least;
}

int usable_cpus() {
  int cpus = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#ifdef __linux__
  // The kernel refuses a mask smaller than its own, so it grows until it fits.
  for (int capacity = 1024; capacity <= 1 << 20; capacity *= 2) {
    cpu_set_t* const mask = CPU_ALLOC(static_cast<size_t>(capacity));
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(capacity));
    const bool fits = sched_getaffinity(0, bytes, mask) == 0;
    if (fits) cpus = std::max(1, CPU_COUNT_S(bytes, mask));
    CPU_FREE(mask);
    if (fits) break;
  }
  const int quota = cgroup_cpu_quota(read_file("/proc/self/cgroup"), "/sys/fs/cgroup");
  if (quota > 0) cpus = std::min(cpus, quota);
#endif
  return std::min(cpus, kMaxThreads);
}

Status default_threads(int* threads) {
  const char* const text = std::getenv("VECTRAL_THREADS");
  if (text == nullptr || *text == '\0') {
    // Counted once: it takes five files, which is longer than a small operation.
    static const int counted = usable_cpus();
    *threads = counted;
    return Status::ok();
  }
  std::string_view rest = text;
  const int64_t number = take_number(&rest);
  if (number < 1 || number > kMaxThreads || !rest.empty()) {
    return Status::error("VECTRAL_THREADS must be a whole number from 1 to " + std::to_string(kMaxThreads) +
                         ", got \"" + text + "\"");
  }
  *threads = static_cast<int>(number);
  return Status::ok();
}

}  // namespace vectral
