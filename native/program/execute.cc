#include "execute.h"

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "../core/cpu_count.h"
#include "../core/thread_pool.h"

namespace vectral {
namespace {

// The step at which a run ends early. A thread leaves after a step only if that step or an earlier one failed, so that
// all leave after the same step although a quick one may already have failed in the next.
class FailedStep {
 public:
  void set(int step) {
    int known = step_.load(std::memory_order_relaxed);
    while (step < known && !step_.compare_exchange_weak(known, step, std::memory_order_relaxed)) {
    }
  }
  bool reached(int step) const { return step_.load(std::memory_order_relaxed) <= step; }

 private:
  std::atomic<int> step_{INT32_MAX};
};

}  // namespace

Status execute_steps(const std::vector<ReadyStep>& steps, int threads, Scratches* scratches) {
  for (const ReadyStep& step : steps) {
    if (Status status = step.op->check(step.args); !status.is_ok()) return status;
  }
  threads = std::clamp(threads, 1, kMaxThreads);
  while (static_cast<int>(scratches->size()) < threads) scratches->push_back(std::make_unique<Scratch>());
  std::vector<Status> results(static_cast<size_t>(threads), Status::ok());
  FailedStep failed;

  ThreadPool::instance().run(threads, [&](int thread, int count, Barrier& barrier) {
    const auto own = static_cast<size_t>(thread);
    for (int i = 0; i < static_cast<int>(steps.size()); ++i) {
      const ReadyStep& step = steps[static_cast<size_t>(i)];
      OpArgs args = step.args;
      args.scratch = (*scratches)[own].get();
      args.thread = thread;
      args.threads = count;
      results[own] = step.op->run(args);
      if (!results[own].is_ok()) failed.set(i);
      barrier.wait();
      if (failed.reached(i)) return;
    }
  });
  for (Status& result : results) {
    if (!result.is_ok()) return std::move(result);
  }
  return Status::ok();
}

}  // namespace vectral
