#include "job_queue.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include "cpu_count.h"

namespace vectral {

JobQueue& JobQueue::instance() {
  static JobQueue& queue = *new JobQueue(usable_cpus() + 1);
  return queue;
}

void JobQueue::submit(const void* owner, int threads, std::function<void()> work) {
  std::unique_lock lock(mutex_);
  waiting_.push_back({owner, threads > 1, std::move(work)});
  const int can_begin = startable();
  if (can_begin > idle_) start_runner();
  if (runners_ == 0) {
    const Job job = std::move(waiting_.back());
    waiting_.pop_back();
    lock.unlock();
    return job.work();
  }
  lock.unlock();
  if (can_begin > 0) arrived_.notify_one();
}

void JobQueue::withdraw(const void* owner) {
  std::vector<Job> dropped;  // what they hold is let go of without the lock
  std::unique_lock lock(mutex_);
  const auto kept =
      std::stable_partition(waiting_.begin(), waiting_.end(), [owner](const Job& job) { return job.owner != owner; });
  std::move(kept, waiting_.end(), std::back_inserter(dropped));
  waiting_.erase(kept, waiting_.end());
  ended_.wait(lock, [&] { return std::find(running_.begin(), running_.end(), owner) == running_.end(); });
}

// How many of the waiting jobs could begin now.
int JobQueue::startable() const {
  int single = 0;
  bool pooled = false;
  for (const Job& job : waiting_) {
    single += !job.pooled;
    pooled |= job.pooled;
  }
  return single + (pooled && !pooled_runs_);
}

void JobQueue::start_runner() {
  if (runners_ == most_runners_) return;
  // The standard library has no other way to refuse than an exception.
  try {
    std::thread([this] { run_jobs(); }).detach();
  } catch (const std::system_error&) {
    return;
  }
  ++runners_;
  ++idle_;
}

bool JobQueue::take(Job* job) {
  const auto first = std::find_if(waiting_.begin(), waiting_.end(),
                                  [this](const Job& waiting) { return !(waiting.pooled && pooled_runs_); });
  if (first == waiting_.end()) return false;
  *job = std::move(*first);
  waiting_.erase(first);
  running_.push_back(job->owner);
  pooled_runs_ |= job->pooled;
  --idle_;
  return true;
}

// A runner sleeps as soon as nothing is left: to spin for the next job made single calls no quicker, and took the core
// that the event loop needs to bring the result and send that job.
void JobQueue::run_jobs() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Job job;
    while (!take(&job)) arrived_.wait(lock);
    lock.unlock();
    job.work();
    job.work = nullptr;  // while the owner still waits for it
    lock.lock();
    running_.erase(std::find(running_.begin(), running_.end(), job.owner));
    if (job.pooled) pooled_runs_ = false;
    ++idle_;
    ended_.notify_all();
  }
}

}  // namespace vectral
