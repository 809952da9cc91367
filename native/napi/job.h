// Work away from the event loop, as promises.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

#include "../core/job_queue.h"
#include "../core/status.h"

namespace vectral::binding {

// The jobs of one environment, from the call until the promise settles.
class Jobs {
 public:
  using Work = std::function<Status(int threads)>;       // on another thread: native data only
  using Finish = std::function<Napi::Value(Napi::Env)>;  // on the event loop: what the promise gives

  // `kept` stays alive until the promise settles. The work is told how many threads it may ask the thread pool for.
  // `give_up`: called on the event loop when the environment ends before the work does, to make it end soon.
  Napi::Promise start(Napi::Env env, const JobQueue::Demand& demand, Work work, Finish finish, Napi::Object kept,
                      std::function<void()> give_up = nullptr);

 private:
  struct Job {
    Napi::Promise::Deferred deferred;
    Work work;
    Finish finish;
    Napi::ObjectReference kept;
    std::function<void()> give_up;
    Status status = Status::ok();
  };

  void open(Napi::Env env);
  static void close(void* jobs);
  static void settle(napi_env env, napi_value unused, void* jobs, void* job);
  void settle(Napi::Env env, Job* job);

  // Brings ended jobs to the event loop, which it keeps alive while there are any. Made for the first one.
  napi_threadsafe_function ended_ = nullptr;
  std::unordered_map<Job*, std::unique_ptr<Job>> pending_;
};

}  // namespace vectral::binding
