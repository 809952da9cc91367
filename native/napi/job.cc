#include "job.h"

#include <exception>
#include <new>

namespace vectral::binding {

Napi::Promise Jobs::start(Napi::Env env, const JobQueue::Demand& demand, Work work, Finish finish, Napi::Object kept,
                          std::function<void()> give_up) {
  if (ended_ == nullptr) open(env);
  std::unique_ptr<Job> owned(new Job{Napi::Promise::Deferred::New(env), std::move(work), std::move(finish),
                                     Napi::Persistent(kept), std::move(give_up)});
  Job* const job = owned.get();
  const Napi::Promise promise = job->deferred.Promise();
  pending_.emplace(job, std::move(owned));
  if (pending_.size() == 1) napi_ref_threadsafe_function(env, ended_);
  JobQueue::instance().submit(this, demand, [function = ended_, job](int threads) {
    try {
      job->status = job->work(threads);
    } catch (const std::bad_alloc&) {
      job->status = Status::error("there is not enough memory");
    } catch (const std::exception& error) {
      job->status = Status::error(error.what());
    }
    napi_call_threadsafe_function(function, job, napi_tsfn_nonblocking);
  });
  return promise;
}

void Jobs::open(Napi::Env env) {
  const napi_status made =
      napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "vectral"), 0, 1, nullptr, nullptr,
                                      this, static_cast<napi_threadsafe_function_call_js>(&Jobs::settle), &ended_);
  if (made != napi_ok) throw Napi::Error::New(env);
  napi_unref_threadsafe_function(env, ended_);
  // Hooks run in reverse order: this one before the function's own, which frees it.
  napi_add_env_cleanup_hook(env, &Jobs::close, this);
}

// The environment ends. What still runs writes into its buffers, so it is waited for; nobody is left to be told.
void Jobs::close(void* self) {
  Jobs& jobs = *static_cast<Jobs*>(self);
  for (const auto& [job, owned] : jobs.pending_) {
    if (job->give_up) job->give_up();
  }
  JobQueue::instance().withdraw(self);
  jobs.pending_.clear();
  napi_release_threadsafe_function(jobs.ended_, napi_tsfn_abort);
}

void Jobs::settle(napi_env env, napi_value, void* jobs, void* job) {
  if (env != nullptr) static_cast<Jobs*>(jobs)->settle(Napi::Env(env), static_cast<Job*>(job));
}

void Jobs::settle(Napi::Env env, Job* ended) {
  const std::unique_ptr<Job> job = std::move(pending_.at(ended));
  pending_.erase(ended);
  if (pending_.empty()) napi_unref_threadsafe_function(env, ended_);
  // An environment that is being terminated lets nothing be settled any more; there is then nobody left to tell.
  try {
    if (job->status.is_ok())
      job->deferred.Resolve(job->finish(env));
    else
      job->deferred.Reject(Napi::Error::New(env, job->status.message()).Value());
  } catch (const Napi::Error&) {
  }
}

}  // namespace vectral::binding
