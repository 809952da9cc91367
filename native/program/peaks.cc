#include "peaks.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <string>

#include "../core/aligned_memory.h"
#include "../core/cpu_count.h"
#include "../core/thread_pool.h"

namespace vectral {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRounds = 20;
constexpr std::chrono::microseconds kRoundTime{2500};  // less than the system lets others run at a time
constexpr int64_t kTurns = 4096;                       // of a peak kernel, between looks at the clock
constexpr int64_t kReadAtOnce = 256 * 1024;            // bytes, the same
constexpr int64_t kSmallestRead = 16 * 1024;           // bytes: within the first-level cache of any CPU
constexpr int64_t kReadStep = 4;

// The upper quartile of the rounds' rates: other work on the machine lowers some of them. `work(thread)` is called
// until a round is over, and gives how much it did. What all threads did is divided by the time until the last has
// ended: two virtual CPUs that are one core come out as one.
template <typename Work>
double rate_of(int threads, const Work& work) {
  struct alignas(128) Done {
    double amount = 0;
  };
  std::array<double, kRounds> rates;
  for (double& rate : rates) {
    std::vector<Done> done(static_cast<size_t>(threads));
    const auto begin = Clock::now();
    ThreadPool::instance().run(threads, [&](int thread, int, bool) {
      double amount = 0;
      do {
        amount += work(thread);
      } while (Clock::now() - begin < kRoundTime);
      done[static_cast<size_t>(thread)].amount = amount;
    });
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    double total = 0;
    for (const Done& one : done) total += one.amount;
    rate = total / seconds;
  }
  std::sort(rates.begin(), rates.end());
  return rates[kRounds * 3 / 4];
}

// Small numbers that are not all the same: a multiplier that sees one number again and again may be quicker.
template <typename T, typename Convert>
std::vector<T> peak_numbers(const Convert& convert) {
  std::vector<T> numbers(kPeakNumbers / sizeof(T));
  for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = convert(static_cast<int>(i * 5 % 7 + 1));
  return numbers;
}

double peak_of(int64_t (*kernel)(const void*, int64_t), const void* numbers, int threads) {
  return rate_of(threads, [=](int) { return static_cast<double>(kernel(numbers, kTurns)); });
}

// One thread's memory, read round and round.
struct alignas(128) Reader {
  AlignedMemory memory;
  int64_t at = 0;

  double read(const KernelTable& kernels, int64_t bytes) {
    const int64_t piece = std::min(bytes, kReadAtOnce);
    if (at == bytes) at = 0;
    kernels.read_floats(static_cast<const float*>(memory.data()) + at / 4, piece / 4, kReadAtOnce / piece);
    at += piece;
    return static_cast<double>(kReadAtOnce);
  }
};

Status measure_reads(const KernelTable& kernels, int threads, int64_t most_bytes, std::vector<ReadRate>* reads) {
  std::vector<int64_t> sizes;
  for (int64_t bytes = kSmallestRead; bytes * threads <= most_bytes; bytes *= kReadStep) sizes.push_back(bytes);
  if (sizes.empty()) return Status::ok();
  std::vector<Reader> readers(static_cast<size_t>(threads));
  for (Reader& reader : readers) {
    reader.memory = AlignedMemory(sizes.back());
    if (reader.memory.data() == nullptr) {
      return Status::error(
          "not enough memory to measure how fast it is read: " + std::to_string(sizes.back() * threads) + " bytes");
    }
  }
  // Each by its own thread. Pages that were never written may all be one page of zeros.
  ThreadPool::instance().run(threads, [&](int thread, int, bool) {
    std::memset(readers[static_cast<size_t>(thread)].memory.data(), 0x3C, static_cast<size_t>(sizes.back()));
  });
  for (const int64_t bytes : sizes) {
    for (Reader& reader : readers) reader.at = 0;
    reads->push_back({bytes, rate_of(threads, [&](int thread) {
                        return readers[static_cast<size_t>(thread)].read(kernels, bytes);
                      })});
  }
  return Status::ok();
}

}  // namespace

Status measure_peaks(const KernelTable& kernels, int threads, int64_t most_bytes, MachinePeaks* peaks) {
  threads = std::clamp(threads, 1, kMaxThreads);
  const auto floats = peak_numbers<float>([](int n) { return static_cast<float>(n) / 8.0f; });
  const auto halves = peak_numbers<BF16>([](int n) { return narrow_bf16(static_cast<float>(n) / 8.0f); });
  const auto bytes = peak_numbers<uint8_t>([](int n) { return static_cast<uint8_t>(n); });
  peaks->f32 = peak_of(kernels.peak_f32, floats.data(), threads);
  peaks->bf16 = peak_of(kernels.peak_bf16, halves.data(), threads);
  peaks->i8 = peak_of(kernels.peak_i8, bytes.data(), threads);
  return measure_reads(kernels, threads, most_bytes, &peaks->reads);
}

}  // namespace vectral
