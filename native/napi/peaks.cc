#include "../dispatch/select.h"
#include "../program/peaks.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {

Napi::Value measure_peaks(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int threads = read_threads(info[0]);
  const int64_t most_bytes = read_integer(info[1], "mostBytes", 0, kMaxElements);
  const IsaChoice* isa = nullptr;
  throw_if_error(env, selected_isa(&isa));
  const auto peaks = std::make_shared<MachinePeaks>();
  const auto work = [=, kernels = isa->kernels](int) {
    return measure_peaks(*kernels, threads, most_bytes, peaks.get());
  };
  const auto finish = [peaks](Napi::Env e) {
    Napi::Object operations = Napi::Object::New(e);
    operations.Set("f32", peaks->f32);
    operations.Set("bf16", peaks->bf16);
    operations.Set("int8", peaks->i8);
    Napi::Array reads = Napi::Array::New(e);
    for (const ReadRate& rate : peaks->reads) {
      Napi::Object entry = Napi::Object::New(e);
      entry.Set("bytes", static_cast<double>(rate.bytes));
      entry.Set("bytesPerSecond", rate.bytes_per_second);
      reads.Set(reads.Length(), entry);
    }
    Napi::Object result = Napi::Object::New(e);
    result.Set("operations", operations);
    result.Set("reads", reads);
    return result;
  };
  return jobs_of(env).start(env, {nullptr, threads, threads}, work, finish, Napi::Object::New(env));
}

}  // namespace vectral::binding
