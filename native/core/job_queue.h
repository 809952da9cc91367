// The process's one queue of jobs, and the threads that run them. They are its own, so that however many jobs wait,
// nobody else's thread pool is held up.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace vectral {

class JobQueue {
 public:
  // With room for a job on the thread pool and one job of a single thread for each CPU. Never destroyed: its runners
  // may outlive every static object of the process.
  static JobQueue& instance();

  // Runners are started when a job finds none idle, up to `most_runners`. The queue must not be destroyed after that.
  explicit JobQueue(int most_runners) : most_runners_(most_runners) {}

  // Runs `work` on another thread: the oldest job first. `threads` is how many it will ask the thread pool for. That
  // serves one caller at a time, so of the jobs that want more than one thread only one is begun at a time; those of a
  // single thread may pass the others meanwhile. Where the system refuses to start any thread, runs it here.
  void submit(const void* owner, int threads, std::function<void()> work);

  // Drops the owner's waiting jobs and returns when its running ones have ended. The owner must not submit meanwhile,
  // and no job of its own may call this.
  void withdraw(const void* owner);

  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

 private:
  struct Job {
    const void* owner = nullptr;
    bool pooled = false;
    std::function<void()> work;
  };

  void run_jobs();
  // The rest is called with the mutex held.
  int startable() const;
  void start_runner();
  bool take(Job* job);

  const int most_runners_;
  std::mutex mutex_;
  std::condition_variable arrived_, ended_;
  std::deque<Job> waiting_;
  std::vector<const void*> running_;  // the owners
  bool pooled_runs_ = false;
  int runners_ = 0, idle_ = 0;  // idle: of them, those that have no job
};

}  // namespace vectral
