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
  // What a job computes with. Jobs of one `lane` that run at once use at most `together` threads, or as many as the
  // widest of them asks for. A job without a lane begins as soon as a runner is free and counts for nothing: it waits
  // for files more than it computes.
  struct Demand {
    const void* lane = nullptr;
    int threads = 1;
    int together = 1;
  };
  using Work = std::function<void(int threads)>;

  // For the CPUs of this process. Never destroyed: its runners may outlive every static object of the process.
  static JobQueue& instance();

  // Runners are started when a job finds none idle, up to `most_runners`; all jobs with a lane use at most `cpus`
  // threads together, unless a single one asks for more. The queue must not be destroyed after the first job.
  JobQueue(int most_runners, int cpus) : most_runners_(most_runners), cpus_(cpus) {}

  // Calls `work` on another thread: the oldest job first that may begin. It gets the threads it asks for, or fewer, so
  // that jobs that wait too may begin beside it: at least one. Where the system refuses to start any thread, calls it
  // here.
  void submit(const void* owner, const Demand& demand, Work work);

  // Drops the owner's waiting jobs and returns when its running ones have ended. The owner must not submit meanwhile,
  // and no job of its own may call this.
  void withdraw(const void* owner);

  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

 private:
  struct Job {
    const void* owner = nullptr;
    Demand demand;
    Work work;
  };
  struct Running {
    const void* owner;
    const void* lane;
    int threads;
  };

  void run_jobs();
  // The rest is called with the mutex held.
  int granted(const Job& job) const;
  bool can_begin() const;
  void start_runner();
  bool take(Job* job, int* threads);

  const int most_runners_, cpus_;
  std::mutex mutex_;
  std::condition_variable arrived_, ended_;
  std::deque<Job> waiting_;
  std::vector<Running> running_;
  int runners_ = 0, idle_ = 0;  // idle: of them, those that have no job
};

}  // namespace vectral
