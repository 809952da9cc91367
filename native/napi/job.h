// Work away from the event loop, as a promise.
#pragma once

#include <napi.h>

#include <functional>
#include <utility>

#include "../core/status.h"

namespace vectral::binding {

class Job : public Napi::AsyncWorker {
 public:
  using Work = std::function<Status()>;                  // on another thread: native data only
  using Finish = std::function<Napi::Value(Napi::Env)>;  // on the event loop: what the promise gives

  // `kept` stays alive until the promise settles.
  static Napi::Promise start(Napi::Env env, Work work, Finish finish, Napi::Object kept) {
    auto* const job = new Job(env, std::move(work), std::move(finish), kept);  // deletes itself
    const Napi::Promise promise = job->deferred_.Promise();
    job->Queue();
    return promise;
  }

 private:
  Job(Napi::Env env, Work work, Finish finish, Napi::Object kept)
      : AsyncWorker(env, "vectral"),
        deferred_(Napi::Promise::Deferred::New(env)),
        work_(std::move(work)),
        finish_(std::move(finish)),
        kept_(Napi::Persistent(kept)) {}

  void Execute() override {
    const Status status = work_();
    if (!status.is_ok()) SetError(status.message());
  }

  // An environment that is ending lets nothing be settled any more; there is then nobody left to tell.
  void OnOK() override {
    try {
      deferred_.Resolve(finish_(Env()));
    } catch (const Napi::Error&) {
    }
  }
  void OnError(const Napi::Error& error) override {
    try {
      deferred_.Reject(error.Value());
    } catch (const Napi::Error&) {
    }
  }

  Napi::Promise::Deferred deferred_;
  Work work_;
  Finish finish_;
  Napi::ObjectReference kept_;
};

}  // namespace vectral::binding
