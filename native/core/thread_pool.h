// The process's one pool of threads. Runs are short and full of steps that wait for each other, so waiting means
// spinning for a moment first: waking a parked thread costs more than most operations take.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace vectral {

// Waits until `value` differs from `old`: spins (when allowed, for a bounded time), then parks.
void await_change(const std::atomic<uint32_t>& value, uint32_t old, bool spin);

// The shares of one step of a run: whoever is free takes the next, and nobody goes on before all are done. A thread
// that the system has put aside holds up the others only while it sits on a share: on virtual CPUs that take turns on
// one core, fixed shares would make every step wait for it.
class Shares {
 public:
  static constexpr int kNone = -1;

  // A share in [0, count) that nobody has taken, or kNone.
  int take(int count) {
    const int share = next_.fetch_add(1, std::memory_order_relaxed);
    return share < count ? share : kNone;
  }
  // To be called after each share taken. What was written for it is seen by whoever returns from `wait`.
  void finish(int count);
  void wait(int count, bool spin) const;

 private:
  alignas(128) std::atomic<int> next_{0};
  alignas(128) std::atomic<uint32_t> finished_{0};
};

class ThreadPool {
 public:
  // Started lazily, never destroyed: its threads may outlive every static object of the process.
  static ThreadPool& instance();

  // Calls task(thread, threads, spin) on each of `threads` threads, numbered from 0, which is the caller's; returns
  // when all have returned. They begin when the system lets them: work is taken, not assigned (Shares). `threads` is
  // less than was asked for where other callers use the CPUs, or the system refuses to start as many; `spin` says
  // whether waiting threads may. Several callers may be inside at once, each with threads of its own.
  template <typename Task>
  void run(int threads, const Task& task) {
    const Call call = [](const void* erased, int thread, int count, bool spin) {
      (*static_cast<const Task*>(erased))(thread, count, spin);
    };
    run_erased(threads, call, &task);
  }

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

 private:
  using Call = void (*)(const void* task, int thread, int threads, bool spin);

  // On its own pair of cache lines, so that waking one worker does not disturb another.
  struct alignas(128) Worker {
    std::atomic<uint32_t> posted{0};
  };
  struct Job {
    Call call = nullptr;
    const void* task = nullptr;
    int threads = 0;
    bool spin = false;
  };
  // The workers of one caller at a time, and what they do for it.
  struct Team {
    std::vector<std::unique_ptr<Worker>> workers;
    Job job;
    alignas(128) std::atomic<int> working{0};
    alignas(128) std::atomic<uint32_t> finished{0};
  };

  ThreadPool() = default;
  void run_erased(int threads, Call call, const void* task);
  Team& take_team();
  static int ensure_workers(Team& team, int wanted);  // how many of them there are
  static void work(Team& team, Worker& worker, int thread);

  std::mutex mutex_;
  std::vector<std::unique_ptr<Team>> teams_;
  std::vector<Team*> free_;                  // used last, taken first: its workers may still be awake
  alignas(128) std::atomic<int> active_{0};  // threads that callers use now
};

}  // namespace vectral
