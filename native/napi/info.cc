#include "../core/cpu_count.h"
#include "../dispatch/cpu.h"
#include "../dispatch/select.h"
#include "args.h"
#include "functions.h"

namespace vectral::binding {
namespace {

template <typename Texts>
Napi::Array text_list(Napi::Env env, const Texts& texts) {
  Napi::Array list = Napi::Array::New(env);
  uint32_t i = 0;
  for (const auto& text : texts) list.Set(i++, Napi::String::New(env, text));
  return list;
}

}  // namespace

Napi::Value info(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const IsaChoice* isa = nullptr;
  throw_if_error(env, selected_isa(&isa));
  int threads = 0;
  throw_if_error(env, default_threads(&threads));
  std::vector<std::string> runnable;
  for (const IsaChoice& choice : runnable_isas()) runnable.push_back(choice.name);
  Napi::Object kernels = Napi::Object::New(env);
  for (const auto& [kernel, source] : kernel_sources(isa->name)) kernels.Set(kernel, source);

  Napi::Object result = Napi::Object::New(env);
  result.Set("isa", isa->name);
  result.Set("runnable", text_list(env, runnable));
  result.Set("built", text_list(env, built_isas()));
  result.Set("features", text_list(env, cpu_feature_names(cpu_features())));
  result.Set("cpus", usable_cpus());
  result.Set("threads", threads);
  result.Set("kernels", kernels);
  result.Set("ops", text_list(env, op_names()));
  return result;
}

}  // namespace vectral::binding
