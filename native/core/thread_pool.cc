#include "thread_pool.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <thread>

#include "cpu_count.h"

#ifndef _WIN32
#include <pthread.h>
#endif
#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace vectral {
namespace {

constexpr std::chrono::microseconds kSpinTime{100};
constexpr int kPausesPerLook = 32;  // between looks at the clock, which costs about as much as one pause

void pause() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__) && !defined(_MSC_VER)
  asm volatile("yield");
#endif
}

int cpus() {
  static const int count = usable_cpus();
  return count;
}

}  // namespace

void await_change(const std::atomic<uint32_t>& value, uint32_t old, bool spin) {
  if (spin) {
    const auto deadline = std::chrono::steady_clock::now() + kSpinTime;
    do {
      for (int i = 0; i < kPausesPerLook; ++i) {
        if (value.load(std::memory_order_acquire) != old) return;
        pause();
      }
    } while (std::chrono::steady_clock::now() < deadline);
  }
  value.wait(old, std::memory_order_acquire);
}

void Shares::finish(int count) {
  if (finished_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<uint32_t>(count)) finished_.notify_all();
}

void Shares::wait(int count, bool spin) const {
  for (uint32_t done; (done = finished_.load(std::memory_order_acquire)) != static_cast<uint32_t>(count);) {
    await_change(finished_, done, spin);
  }
}

ThreadPool& ThreadPool::instance() {
  static std::atomic<ThreadPool*> pool{nullptr};
  static std::mutex& mutex = *new std::mutex;
  if (ThreadPool* const made = pool.load(std::memory_order_acquire)) return *made;
  std::lock_guard lock(mutex);
  if (pool.load(std::memory_order_relaxed) == nullptr) {
#ifndef _WIN32
    // A forked child has none of the threads: it starts anew.
    static const int registered = pthread_atfork(nullptr, nullptr, [] { pool.store(nullptr); });
    static_cast<void>(registered);
#endif
    pool.store(new ThreadPool, std::memory_order_release);
  }
  return *pool.load(std::memory_order_relaxed);
}

int ThreadPool::ensure_workers(Team& team, int wanted) {
  while (static_cast<int>(team.workers.size()) < wanted) {
    auto worker = std::make_unique<Worker>();
    const int thread = static_cast<int>(team.workers.size()) + 1;
    // The one place below the Node layer that meets an exception: the standard library has no other way to refuse.
    try {
      std::thread([&team, &own = *worker, thread] { work(team, own, thread); }).detach();
    } catch (const std::system_error&) {
      break;
    }
    team.workers.push_back(std::move(worker));
  }
  return std::min(wanted, static_cast<int>(team.workers.size()));
}

ThreadPool::Team& ThreadPool::take_team() {
  std::lock_guard lock(mutex_);
  if (free_.empty()) return *teams_.emplace_back(std::make_unique<Team>());
  Team& team = *free_.back();
  free_.pop_back();
  return team;
}

void ThreadPool::run_erased(int threads, Call call, const void* task) {
  threads = std::clamp(threads, 1, kMaxThreads);
  // Others' threads leave this caller what they do not use, and itself in any case.
  int others = active_.load(std::memory_order_relaxed), mine;
  do {
    mine = others == 0 ? threads : std::clamp(cpus() - others, 1, threads);
  } while (!active_.compare_exchange_weak(others, others + mine, std::memory_order_relaxed));
  if (mine == 1) {
    call(task, 0, 1, false);
  } else {
    Team& team = take_team();
    const int helpers = ensure_workers(team, mine - 1);
    const bool spin = others + mine <= cpus();
    team.job = {call, task, helpers + 1, spin};
    team.working.store(helpers, std::memory_order_relaxed);
    const uint32_t finished = team.finished.load(std::memory_order_relaxed);
    for (int i = 0; i < helpers; ++i) {
      std::atomic<uint32_t>& posted = team.workers[static_cast<size_t>(i)]->posted;
      posted.fetch_add(1, std::memory_order_release);
      posted.notify_one();
    }
    call(task, 0, helpers + 1, spin);
    if (helpers > 0) await_change(team.finished, finished, spin);
    std::lock_guard lock(mutex_);
    free_.push_back(&team);
  }
  active_.fetch_sub(mine, std::memory_order_relaxed);
}

void ThreadPool::work(Team& team, Worker& worker, int thread) {
  bool spin = false;
  for (uint32_t seen = 0;;) {
    await_change(worker.posted, seen, spin);
    seen = worker.posted.load(std::memory_order_acquire);
    const Job job = team.job;  // the next caller may write it as soon as this one is done
    spin = job.spin;
    job.call(job.task, thread, job.threads, job.spin);
    if (team.working.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      team.finished.fetch_add(1, std::memory_order_release);
      team.finished.notify_one();
    }
  }
}

}  // namespace vectral
