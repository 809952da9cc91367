#include "job_queue.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <thread>
#include <utility>

#include "cpu_count.h"

namespace vectral {

JobQueue& JobQueue::instance() {
  // One runner more than there can be jobs that compute, for those that wait for files.
  static JobQueue& queue = *new JobQueue(usable_cpus() + 1, usable_cpus());
  return queue;
}

void JobQueue::submit(const void* owner, const Demand& demand, Work work) {
  std::unique_lock lock(mutex_);
  waiting_.push_back({owner, demand, std::move(work)});
  const bool begins = can_begin();
  if (begins && idle_ == 0) start_runner();
  if (runners_ == 0) {
    const Job job = std::move(waiting_.back());
    waiting_.pop_back();
    lock.unlock();
    return job.work(demand.threads);
  }
  lock.unlock();
  if (begins) arrived_.notify_one();
}

void JobQueue::withdraw(const void* owner) {
  std::vector<Job> dropped;  // what they hold is let go of without the lock
  std::unique_lock lock(mutex_);
  const auto kept =
      std::stable_partition(waiting_.begin(), waiting_.end(), [owner](const Job& job) { return job.owner != owner; });
  std::move(kept, waiting_.end(), std::back_inserter(dropped));
  waiting_.erase(kept, waiting_.end());
  if (can_begin()) arrived_.notify_one();
  ended_.wait(lock, [&] {
    return std::none_of(running_.begin(), running_.end(), [owner](const Running& r) { return r.owner == owner; });
  });
}

// How many threads the job would get now; 0: it must wait.
int JobQueue::granted(const Job& job) const {
  const Demand& wants = job.demand;
  if (wants.lane == nullptr) return wants.threads;
  int used = 0, lane_used = 0, rivals = 0;
  for (const Running& running : running_) {
    if (running.lane == nullptr) continue;
    used += running.threads;
    if (running.lane == wants.lane) lane_used += running.threads;
  }
  for (const Job& other : waiting_) rivals += other.demand.lane != nullptr;
  int free = std::min(std::max(wants.together, wants.threads) - lane_used, std::max(cpus_, wants.threads) - used);
  if (used > 0) free = std::min(free, cpus_ - used);
  if (free <= 0) return 0;
  return std::clamp(free / std::max(rivals, 1), 1, wants.threads);
}

bool JobQueue::can_begin() const {
  return std::any_of(waiting_.begin(), waiting_.end(), [this](const Job& job) { return granted(job) > 0; });
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

bool JobQueue::take(Job* job, int* threads) {
  for (auto next = waiting_.begin(); next != waiting_.end(); ++next) {
    *threads = granted(*next);
    if (*threads == 0) continue;
    *job = std::move(*next);
    waiting_.erase(next);
    running_.push_back({job->owner, job->demand.lane, *threads});
    --idle_;
    return true;
  }
  return false;
}

// A runner sleeps as soon as nothing is left: to spin for the next job made single calls no quicker, and took the core
// that the event loop needs to bring the result and send that job.
void JobQueue::run_jobs() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Job job;
    int threads;
    while (!take(&job, &threads)) arrived_.wait(lock);
    // Where several may begin, each runner wakes the next.
    if (can_begin()) {
      if (idle_ == 0) start_runner();
      arrived_.notify_one();
    }
    lock.unlock();
    job.work(threads);
    job.work = nullptr;  // while the owner still waits for it
    lock.lock();
    running_.erase(std::find_if(running_.begin(), running_.end(), [&](const Running& running) {
      return running.owner == job.owner && running.lane == job.demand.lane && running.threads == threads;
    }));
    ++idle_;
    ended_.notify_all();
  }
}

}  // namespace vectral
