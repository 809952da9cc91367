#include <cstring>

#include "../core/json_reader.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

// Entries that a reader of another format has found. They may lie: nothing outside of the file may be reached.
Status check_entries(const MappedFile& file, const SafetensorsHeader& header) {
  for (const SafetensorsEntry& entry : header.entries) {
    const std::string where = file.path() + ": tensor " + quoted(entry.name);
    if (entry.begin < 0 || entry.end < entry.begin || entry.end > file.size()) {
      return Status::error(where + ": lies outside of the file");
    }
    DType dtype;
    if (!dtype_from_safetensors(entry.dtype, &dtype)) continue;  // refused where it is read
    int64_t bytes = dtype_bytes(dtype);
    for (const int64_t size : entry.shape) {
      if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes)) return Status::error(where + ": has no such shape");
    }
    if (bytes != entry.end - entry.begin) return Status::error(where + ": its bytes do not fit its shape");
  }
  return Status::ok();
}

Status open_file(const std::string& path, bool map, const SafetensorsHeader* entries,
                 std::shared_ptr<const OpenedWeights>* opened) {
  auto weights = std::make_shared<OpenedWeights>();
  if (Status status = MappedFile::open(path, map, &weights->file); !status.is_ok()) return status;
  const MappedFile& file = *weights->file;
  if (Status status = file.check_whole(); !status.is_ok()) return status;
  if (entries != nullptr) weights->header = *entries;
  const Status status = entries != nullptr ? check_entries(file, weights->header)
                                           : read_safetensors_header(path, file.data(), file.size(), &weights->header);
  if (!status.is_ok()) return status;
  *opened = std::move(weights);
  return Status::ok();
}

// A list of { name, dtype, shape, begin, end }, bytes from the start of the file.
std::shared_ptr<const SafetensorsHeader> read_entries(const Napi::Value& value) {
  auto header = std::make_shared<SafetensorsHeader>();
  const Napi::Array list = read_list(value, "entries");
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Object object = read_object(list[i], "entries");
    SafetensorsEntry entry;
    entry.name = read_string(object["name"], "name");
    entry.dtype = read_string(object["dtype"], "dtype");
    const Napi::Array shape = read_list(object["shape"], "shape");
    for (uint32_t d = 0; d < shape.Length(); ++d) {
      entry.shape.push_back(read_integer(shape[d], "shape", 0, INT64_C(1) << 52));
    }
    entry.begin = read_integer(object["begin"], "begin", 0, INT64_C(1) << 52);
    entry.end = read_integer(object["end"], "end", 0, INT64_C(1) << 52);
    header->index[entry.name] = header->entries.size();
    header->entries.push_back(std::move(entry));
  }
  return header;
}

Napi::Object entry_object(Napi::Env env, const SafetensorsEntry& entry) {
  Napi::Array shape = Napi::Array::New(env, entry.shape.size());
  for (uint32_t i = 0; i < entry.shape.size(); ++i) shape.Set(i, static_cast<double>(entry.shape[i]));
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", entry.name);
  object.Set("dtype", entry.dtype);
  object.Set("shape", shape);
  object.Set("begin", static_cast<double>(entry.begin));
  object.Set("end", static_cast<double>(entry.end));
  return object;
}

// The entry as a tensor of this engine: a view into the file, or a copy where the file does not align its elements.
Status view_entry(const OpenedWeights& weights, const SafetensorsEntry& entry, Tensor* tensor) {
  const std::string where = weights.file->path() + ": tensor " + quoted(entry.name);
  if (!dtype_from_safetensors(entry.dtype, &tensor->dtype)) {
    return Status::error(where + ": type " + entry.dtype + " is not supported (F32, F16, BF16, F64, I8, I32, I64 are)");
  }
  if (entry.shape.size() > static_cast<size_t>(kMaxRank)) {
    return Status::error(where + ": has " + std::to_string(entry.shape.size()) +
                         " dimensions; at most 6 are supported");
  }
  tensor->shape.rank = static_cast<int32_t>(entry.shape.size());
  std::copy(entry.shape.begin(), entry.shape.end(), tensor->shape.dims);
  const int64_t begin = weights.header.data_begin + entry.begin, bytes = entry.end - entry.begin;
  if (begin % dtype_bytes(tensor->dtype) == 0) {
    tensor->storage = Storage::region(weights.file, begin, bytes);
    return Status::ok();
  }
  if (Status status = weights.file->check_whole(); !status.is_ok()) return status;
  std::shared_ptr<Storage> copy = Storage::allocate(bytes);
  if (copy == nullptr) return Status::error(where + ": not enough memory");
  std::memcpy(copy->data(), weights.file->data() + begin, static_cast<size_t>(bytes));
  tensor->storage = std::move(copy);
  return Status::ok();
}

}  // namespace

Napi::Value open_weights(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = read_string(info[0], "path");
  const bool map = read_bool(info[1], "mmap");
  if (path.find('\0') != std::string::npos) throw Napi::TypeError::New(env, "path must not contain a NUL character");
  const auto entries = !info[2].IsUndefined() ? read_entries(info[2]) : nullptr;
  auto opened = std::make_shared<std::shared_ptr<const OpenedWeights>>();
  const auto work = [path, map, entries, opened](int) { return open_file(path, map, entries.get(), opened.get()); };
  const auto finish = [opened](Napi::Env e) {
    const int64_t bytes = (*opened)->file->mapped() ? 0 : (*opened)->file->size();
    return wrap_handle(e, std::make_unique<WeightsHandle>(std::move(*opened)), bytes);
  };
  return jobs_of(env).start(env, {}, work, finish, Napi::Object::New(env));
}

Napi::Value weights_entries(const Napi::CallbackInfo& info) {
  const auto& entries = unwrap<WeightsHandle>(info[0]).content->header.entries;
  Napi::Array list = Napi::Array::New(info.Env(), entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) {
    const Napi::HandleScope scope(info.Env());
    list.Set(i, entry_object(info.Env(), entries[i]));
  }
  return list;
}

Napi::Value weights_metadata(const Napi::CallbackInfo& info) {
  Napi::Object object = Napi::Object::New(info.Env());
  for (const auto& [key, value] : unwrap<WeightsHandle>(info[0]).content->header.metadata) {
    // Defined, not assigned: a key called "__proto__" is a key like any other.
    const auto attributes = static_cast<napi_property_attributes>(napi_enumerable | napi_configurable | napi_writable);
    object.DefineProperty(Napi::PropertyDescriptor::Value(Napi::String::New(info.Env(), key),
                                                          Napi::String::New(info.Env(), value), attributes));
  }
  return object;
}

Napi::Value weights_tensor(const Napi::CallbackInfo& info) {
  const OpenedWeights& weights = *unwrap<WeightsHandle>(info[0]).content;
  const std::string name = read_string(info[1], "name");
  const SafetensorsEntry* const entry = weights.header.find(name);
  if (entry == nullptr) throw Napi::Error::New(info.Env(), weights.file->path() + ": has no tensor " + quoted(name));
  Tensor tensor;
  throw_if_error(info.Env(), view_entry(weights, *entry, &tensor));
  return wrap_tensor(info.Env(), std::move(tensor));
}

// A matrix [n, k] of any float type as i8 arithmetic takes it: { values: Int8Array, scale: Float32Array }.
Napi::Value quantize_weight(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Tensor& weight = unwrap<TensorHandle>(info[0]).content;
  if (weight.shape.rank != 2) throw Napi::TypeError::New(env, "a weight must be [out, in]");
  const int64_t n = weight.shape.dims[0], k = weight.shape.dims[1];
  const IsaChoice* isa = nullptr;
  throw_if_error(env, selected_isa(&isa));
  const KernelTable& kernels = *isa->kernels;
  Napi::Int8Array values = Napi::Int8Array::New(env, static_cast<size_t>(n * k));
  Napi::Float32Array scale = Napi::Float32Array::New(env, static_cast<size_t>(n));
  std::vector<float> row(static_cast<size_t>(k));
  const auto* source = static_cast<const uint8_t*>(weight.storage->data());
  for (int64_t r = 0; r < n; ++r) {
    kernels.to_f32(weight.dtype, source + r * k * dtype_bytes(weight.dtype), row.data(), k);
    quantize_weight_rows(kernels.quantize_i8_rows, row.data(), 1, k, values.Data() + r * k, scale.Data() + r);
  }
  Napi::Object result = Napi::Object::New(env);
  result.Set("values", values);
  result.Set("scale", scale);
  return result;
}

void weights_release(const Napi::CallbackInfo& info) { release<WeightsHandle>(info); }

}  // namespace vectral::binding
