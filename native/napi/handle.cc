#include "handle.h"

namespace vectral::binding {
namespace {

const char* kind_name(HandleKind kind) {
  switch (kind) {
    case HandleKind::tensor:
      return "tensor";
    case HandleKind::weights:
      return "weights";
    case HandleKind::program:
      return "program";
    case HandleKind::vectors:
      return "vectors";
    case HandleKind::fast_text:
      return "fastText";
    case HandleKind::vector_reader:
      return "vector reader";
    default:
      return "word trainer";
    case HandleKind::glove:
      return "glove";
  }
}

void stop_counting(Napi::Env env, Handle& handle) {
  if (handle.counted_bytes != 0) Napi::MemoryManagement::AdjustExternalMemory(env, -handle.counted_bytes);
  handle.counted_bytes = 0;
}

Handle& find_handle(const Napi::Value& value, HandleKind kind) {
  const Napi::Env env = value.Env();
  if (value.IsExternal()) {
    Handle* const handle = value.As<Napi::External<Handle>>().Data();
    const LiveHandles& live = *env.GetInstanceData<EnvironmentData>()->live;
    if (live.count(handle) == 1 && handle->kind == kind) return *handle;
  }
  throw Napi::TypeError::New(env, std::string("expected a ") + kind_name(kind) + " handle");
}

template <typename T>
void release_handle(const Napi::CallbackInfo& info) {
  T& handle = static_cast<T&>(find_handle(info[0], T::kKind));
  handle.content = {};
  handle.released = true;
  stop_counting(info.Env(), handle);
}

}  // namespace

Jobs& jobs_of(Napi::Env env) { return env.GetInstanceData<EnvironmentData>()->jobs; }

Napi::Promise start_training(const Napi::CallbackInfo& info, int threads, Jobs::Work work, Jobs::Finish finish) {
  const Napi::Object kept = info[1].IsObject() ? info[1].As<Napi::Object>() : Napi::Object::New(info.Env());
  return jobs_of(info.Env()).start(info.Env(), {nullptr, threads, threads}, std::move(work), std::move(finish), kept);
}

Napi::Value wrap_handle(Napi::Env env, std::unique_ptr<Handle> handle, int64_t counted_bytes) {
  std::shared_ptr<LiveHandles> live = env.GetInstanceData<EnvironmentData>()->live;
  Handle* const raw = handle.get();
  live->insert(raw);
  const auto finalize = [live](Napi::Env finalizing, Handle* dying) {
    live->erase(dying);
    stop_counting(finalizing, *dying);
    delete dying;
  };
  Napi::Value external = Napi::External<Handle>::New(env, raw, finalize);
  handle.release();
  raw->counted_bytes = counted_bytes;
  if (counted_bytes != 0) Napi::MemoryManagement::AdjustExternalMemory(env, counted_bytes);
  return external;
}

Handle& unwrap_handle(const Napi::Value& value, HandleKind kind) {
  Handle& handle = find_handle(value, kind);
  if (handle.released)
    throw Napi::TypeError::New(value.Env(), std::string("this ") + kind_name(kind) + " was released");
  return handle;
}

template <>
void release<TensorHandle>(const Napi::CallbackInfo& info) {
  static_cast<TensorHandle&>(find_handle(info[0], HandleKind::tensor)).packed.clear();
  release_handle<TensorHandle>(info);
}

template <>
void release<WeightsHandle>(const Napi::CallbackInfo& info) {
  release_handle<WeightsHandle>(info);
}

template <>
void release<ProgramHandle>(const Napi::CallbackInfo& info) {
  release_handle<ProgramHandle>(info);
}

template <>
void release<VectorsHandle>(const Napi::CallbackInfo& info) {
  release_handle<VectorsHandle>(info);
}

template <>
void release<FastTextHandle>(const Napi::CallbackInfo& info) {
  release_handle<FastTextHandle>(info);
}

template <>
void release<GloveHandle>(const Napi::CallbackInfo& info) {
  release_handle<GloveHandle>(info);
}

Napi::Value wrap_tensor(Napi::Env env, Tensor tensor) {
  const int64_t bytes = tensor.storage->owned() ? tensor.storage->bytes() : 0;
  return wrap_handle(env, std::make_unique<TensorHandle>(std::move(tensor)), bytes);
}

}  // namespace vectral::binding
