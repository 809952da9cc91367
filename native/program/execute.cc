#include "execute.h"

#include <algorithm>
#include <atomic>
#include <chrono>
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

// The time from one step's end to the next one's, on the one thread that asks for it.
class StepClock {
 public:
  StepClock(double* seconds, size_t steps) : seconds_(seconds) {
    if (seconds_ == nullptr) return;
    std::fill_n(seconds_, steps, 0.0);
    last_ = std::chrono::steady_clock::now();
  }
  void end(size_t step) {
    if (seconds_ == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    seconds_[step] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  }

 private:
  double* const seconds_;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace

Status execute_steps(const std::vector<ReadyStep>& steps, int threads, Scratches* scratches, double* seconds) {
  for (const ReadyStep& step : steps) {
    if (Status status = step.op->check(step.args); !status.is_ok()) return status;
  }
  threads = std::clamp(threads, 1, kMaxThreads);
  while (static_cast<int>(scratches->size()) < threads) scratches->push_back(std::make_unique<Scratch>());
  std::vector<Status> results(static_cast<size_t>(threads), Status::ok());
  FailedStep failed;

  struct Phase {
    const ReadyStep* step;
    Status (*run)(const OpArgs& args);
  };
  std::vector<Phase> phases;
  for (const ReadyStep& step : steps) {
    phases.push_back({&step, step.op->run});
    OpArgs args = step.args;
    args.threads = threads;
    if (step.op->finishes != nullptr && step.op->finishes(args)) phases.push_back({&step, step.op->finish});
  }
  std::vector<Shares> shares(phases.size());
  ThreadPool::instance().run(threads, [&](int thread, int, bool spin) {
    StepClock clock(thread == 0 ? seconds : nullptr, steps.size());
    for (size_t i = 0; i < phases.size(); ++i) {
      for (int share; (share = shares[i].take(threads)) != Shares::kNone; shares[i].finish(threads)) {
        OpArgs args = phases[i].step->args;
        args.scratch = (*scratches)[static_cast<size_t>(thread)].get();
        args.thread = share;
        args.threads = threads;
        Status& result = results[static_cast<size_t>(share)];
        if (result.is_ok()) result = phases[i].run(args);
        if (!result.is_ok()) failed.set(static_cast<int>(i));
      }
      shares[i].wait(threads, spin);
      clock.end(static_cast<size_t>(phases[i].step - steps.data()));
      if (failed.reached(static_cast<int>(i))) return;
    }
  });
  for (Status& result : results) {
    if (!result.is_ok()) return std::move(result);
  }
  return Status::ok();
}

}  // namespace vectral
