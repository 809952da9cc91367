#include <cstring>

#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

template <typename Array>
Napi::Value copy_out(Napi::Env env, const Tensor& tensor, int64_t count) {
  Array array = Array::New(env, static_cast<size_t>(count));
  if (count > 0) std::memcpy(array.Data(), tensor.storage->data(), array.ByteLength());
  return array;
}

Napi::Value to_array(Napi::Env env, const Tensor& tensor) {
  const int64_t count = tensor.view().size();
  switch (tensor.dtype) {
    case DType::f32:
      return copy_out<Napi::Float32Array>(env, tensor, count);
    case DType::f16:
    case DType::bf16:
      return copy_out<Napi::Uint16Array>(env, tensor, count);
    case DType::f64:
      return copy_out<Napi::Float64Array>(env, tensor, count);
    case DType::i8:
      return copy_out<Napi::Int8Array>(env, tensor, count);
    case DType::i32:
      return copy_out<Napi::Int32Array>(env, tensor, count);
    default:
      return copy_out<Napi::BigInt64Array>(env, tensor, count);
  }
}

}  // namespace

Napi::Value tensor_from(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const RunBuffer data = read_array(info[0], "data");
  const DType dtype = read_dtype(info[1]);
  const Shape shape = read_shape(info[2], false);
  const int64_t count = read_element_count(env, shape);
  if (data.dtype != (dtype == DType::bf16 ? DType::f16 : dtype)) {
    throw Napi::TypeError::New(env, std::string("data is not an array of ") + dtype_name(dtype));
  }
  if (data.count != count) throw Napi::TypeError::New(env, "data must have " + std::to_string(count) + " elements");
  std::shared_ptr<Storage> storage = Storage::allocate(count * dtype_bytes(dtype));
  if (storage == nullptr) throw Napi::Error::New(env, "not enough memory for a tensor");
  if (count > 0) std::memcpy(storage->data(), data.data, static_cast<size_t>(storage->bytes()));
  return wrap_tensor(env, {std::move(storage), dtype, shape});
}

Napi::Value tensor_read(const Napi::CallbackInfo& info) {
  const Tensor& tensor = unwrap<TensorHandle>(info[0]).content;
  if (const auto& file = tensor.storage->file()) throw_if_error(info.Env(), file->check_whole());
  return to_array(info.Env(), tensor);
}

Napi::Value tensor_reshape(const Napi::CallbackInfo& info) {
  Tensor tensor = unwrap<TensorHandle>(info[0]).content;
  const Shape shape = read_shape(info[1], false);
  if (read_element_count(info.Env(), shape) != tensor.view().size()) {
    throw Napi::TypeError::New(info.Env(), "the new shape must have as many elements as the tensor");
  }
  tensor.shape = shape;
  return wrap_handle(info.Env(), std::make_unique<TensorHandle>(std::move(tensor)), 0);
}

void tensor_release(const Napi::CallbackInfo& info) { release<TensorHandle>(info); }

}  // namespace vectral::binding
