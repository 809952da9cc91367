// The process's one pool of threads. Runs are short and full of barriers, so waiting means spinning for a moment first:
// waking a parked thread costs more than most operations take.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace vectral {

// Waits until `value` differs from `old`: spins (when allowed, for a bounded time), then parks.
void await_change(const std::atomic<uint32_t>& value, uint32_t old, bool spin);

// All threads of a run meet here before any goes on.
class Barrier {
 public:
  Barrier(int threads, bool spin) : threads_(threads), spin_(spin) {}
  void wait();

 private:
  const int threads_;
  const bool spin_;
  std::atomic<int> arrived_{0};
  alignas(128) std::atomic<uint32_t> round_{0};
};

class ThreadPool {
 public:
  // Started lazily, never destroyed: its threads may outlive every static object of the process.
  static ThreadPool& instance();

  // Calls task(thread, threads, barrier) on each of `threads` threads at the same time, numbered from 0, which is the
  // caller's; returns when all have returned. `threads` is less than was asked for where the system refuses to start
  // as many. Callers take turns in the order they came; a run of one thread waits for nobody.
  template <typename Task>
  void run(int threads, const Task& task) {
    const Call call = [](const void* erased, int thread, int count, Barrier& barrier) {
      (*static_cast<const Task*>(erased))(thread, count, barrier);
    };
    run_erased(threads, call, &task);
  }

  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

 private:
  using Call = void (*)(const void* task, int thread, int threads, Barrier& barrier);

  // On its own pair of cache lines, so that waking one worker does not disturb another.
  struct alignas(128) Worker {
    std::atomic<uint32_t> posted{0};
  };
  struct Job {
    Call call = nullptr;
    const void* task = nullptr;
    int threads = 0;
    Barrier* barrier = nullptr;
    bool spin = false;
  };

  ThreadPool() = default;
  void run_erased(int threads, Call call, const void* task);
  int ensure_workers(int wanted);  // how many of them there are
  void work(Worker& worker, int thread);

  std::atomic<uint32_t> next_ticket_{0};
  alignas(128) std::atomic<uint32_t> serving_{0};
  std::vector<std::unique_ptr<Worker>> workers_;  // touched by the caller whose turn it is only
  Job job_;                                       // the same
  alignas(128) std::atomic<int> working_{0};
  alignas(128) std::atomic<uint32_t> finished_{0};
};

}  // namespace vectral
