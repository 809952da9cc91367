#include "args.h"

#include <cmath>

#include "../core/cpu_count.h"
#include "handle.h"

namespace vectral::binding {
namespace {

[[noreturn]] void refuse(const Napi::Value& value, const std::string& name, const std::string& expected) {
  throw Napi::TypeError::New(value.Env(), name + " must be " + expected);
}

bool given(const Napi::Value& value) { return !value.IsUndefined(); }

constexpr const char* kDtypes[] = {"f32", "f16", "bf16", "f64", "i8", "i32", "i64"};
constexpr const char* kActivations[] = {"none", "gelu", "gelu_tanh", "relu", "silu", "tanh", "sigmoid"};
constexpr const char* kNorms[] = {"none", "layer"};
constexpr const char* kBiasKinds[] = {"none", "square", "distance", "query", "key", "query_key"};
constexpr const char* kArithmetics[] = {"f32", "bf16", "int8"};
constexpr const char* kPoolModes[] = {"cls", "last", "mean", "max", "mean_sqrt_len", "weighted_mean"};
constexpr const char* kPointwise[] = {"elu",        "hardshrink",  "hardsigmoid", "hardswish", "hardtanh",
                                      "leaky_relu", "log_sigmoid", "mish",        "relu6",     "rrelu",
                                      "selu",       "softplus",    "softshrink",  "softsign",  "tanhshrink"};

void read_order(const Napi::Value& value, Attributes* attributes) {
  const Napi::Array order = read_list(value, "order");
  if (order.Length() > kMaxRank) refuse(value, "order", "at most 6 axes");
  for (uint32_t i = 0; i < order.Length(); ++i) attributes->order[i] = read_integer(order[i], "order", 0, kMaxRank - 1);
}

}  // namespace

void throw_if_error(Napi::Env env, const Status& status) {
  if (!status.is_ok()) throw Napi::Error::New(env, status.message());
}

double read_number(const Napi::Value& value, const char* name) {
  if (!value.IsNumber()) refuse(value, name, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

std::string read_string(const Napi::Value& value, const char* name) {
  if (!value.IsString()) refuse(value, name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

bool read_bool(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) refuse(value, name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

int64_t read_integer(const Napi::Value& value, const char* name, int64_t least, int64_t most) {
  const double number = read_number(value, name);
  // The comparison comes first: only then is the number safe to convert.
  if (!(number >= static_cast<double>(least) && number <= static_cast<double>(most)) || number != std::trunc(number)) {
    refuse(value, name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<int64_t>(number);
}

size_t read_choice(const Napi::Value& value, const char* name, std::span<const char* const> names) {
  const std::string text = read_string(value, name);
  std::string known;
  for (size_t i = 0; i < names.size(); ++i) {
    if (text == names[i]) return i;
    known += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  refuse(value, name, "one of " + known + ", got \"" + text + "\"");
}

Napi::Array read_list(const Napi::Value& value, const char* name) {
  if (!value.IsArray()) refuse(value, name, "an array");
  return value.As<Napi::Array>();
}

Napi::Object read_object(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) refuse(value, name, "an object");
  return value.As<Napi::Object>();
}

DType read_dtype(const Napi::Value& value) { return static_cast<DType>(read_choice(value, "dtype", kDtypes)); }

Shape read_shape(const Napi::Value& value, bool symbols) {
  const Napi::Array list = read_list(value, "shape");
  if (list.Length() > kMaxRank) refuse(value, "shape", "at most 6 dimensions");
  Shape shape;
  shape.rank = static_cast<int32_t>(list.Length());
  for (uint32_t i = 0; i < list.Length(); ++i) {
    shape.dims[i] = read_integer(list[i], "shape", symbols ? -1024 : 0, kMaxElements);
  }
  return shape;
}

int64_t read_element_count(Napi::Env env, const Shape& shape) {
  int64_t count = 0;
  if (element_count(shape.dims, shape.rank, &count)) return count;
  throw Napi::TypeError::New(env, "shape " + shape_text(shape.dims, shape.rank) + " has too many elements");
}

RunBuffer read_array(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray()) refuse(value, name, "a typed array");
  RunBuffer buffer;
  napi_typedarray_type type;
  size_t length = 0;
  // One call instead of one for each of these.
  if (napi_get_typedarray_info(value.Env(), value, &type, &length, &buffer.data, nullptr, nullptr) != napi_ok) {
    throw Napi::Error::New(value.Env());
  }
  buffer.count = static_cast<int64_t>(length);
  switch (type) {
    case napi_float32_array:
      buffer.dtype = DType::f32;
      break;
    case napi_uint16_array:
      buffer.dtype = DType::f16;
      break;
    case napi_float64_array:
      buffer.dtype = DType::f64;
      break;
    case napi_int8_array:
      buffer.dtype = DType::i8;
      break;
    case napi_int32_array:
      buffer.dtype = DType::i32;
      break;
    case napi_bigint64_array:
      buffer.dtype = DType::i64;
      break;
    default:
      refuse(value, name, "a Float32Array, Uint16Array, Float64Array, Int8Array, Int32Array or BigInt64Array");
  }
  return buffer;
}

std::string_view read_bytes(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    refuse(value, name, "an Uint8Array");
  }
  const auto bytes = value.As<Napi::Uint8Array>();
  return {reinterpret_cast<const char*>(bytes.Data()), bytes.ByteLength()};
}

std::vector<RunBuffer> read_arrays(const Napi::Value& value, const char* name) {
  const Napi::Array list = read_list(value, name);
  std::vector<RunBuffer> buffers;
  for (uint32_t i = 0; i < list.Length(); ++i) buffers.push_back(read_array(list[i], name));
  return buffers;
}

int read_threads(const Napi::Value& value) {
  int threads = static_cast<int>(read_integer(value, "threads", 0, kMaxThreads));
  if (threads == 0) throw_if_error(value.Env(), default_threads(&threads));
  return threads;
}

const OpDefinition* read_op(const Napi::Value& value) {
  const std::string name = read_string(value, "op");
  if (const OpDefinition* op = find_op(name.c_str())) return op;
  throw Napi::TypeError::New(value.Env(), "there is no operation \"" + name + "\"");
}

Attributes read_attributes(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "attributes");
  Attributes a;
  const Napi::Value heads = object["heads"], scale = object["scale"], causal = object["causal"], eps = object["eps"],
                    activation = object["activation"], mode = object["mode"], axis = object["axis"],
                    begin = object["begin"], order = object["order"], arithmetic = object["arithmetic"],
                    norm = object["norm"], bias = object["bias"], window = object["window"],
                    padding = object["padding"], size = object["size"], reverse = object["reverse"],
                    function = object["function"], cumulative = object["cumulative"];
  if (given(heads)) a.heads = read_integer(heads, "heads", 1, 1 << 20);
  if (given(scale)) a.scale = static_cast<float>(read_number(scale, "scale"));
  if (given(causal)) a.causal = read_bool(causal, "causal");
  if (given(eps)) a.eps = static_cast<float>(read_number(eps, "eps"));
  if (given(activation)) a.activation = static_cast<Activation>(read_choice(activation, "activation", kActivations));
  if (given(arithmetic)) a.arithmetic = static_cast<Arithmetic>(read_choice(arithmetic, "arithmetic", kArithmetics));
  if (given(norm)) a.norm = static_cast<Norm>(read_choice(norm, "norm", kNorms));
  if (given(mode)) a.mode = static_cast<PoolMode>(read_choice(mode, "mode", kPoolModes));
  if (given(function)) a.function = static_cast<Pointwise>(read_choice(function, "function", kPointwise));
  if (given(axis)) a.axis = read_integer(axis, "axis", 0, kMaxRank - 1);
  if (given(begin)) a.begin = read_integer(begin, "begin", 0, kMaxElements);
  if (given(order)) read_order(order, &a);
  if (given(bias)) a.bias = static_cast<BiasKind>(read_choice(bias, "bias", kBiasKinds));
  if (given(window)) a.window = read_integer(window, "window", 0, kMaxElements);
  if (given(padding)) a.padding = read_integer(padding, "padding", 0, kMaxElements);
  if (given(size)) a.size = read_integer(size, "size", 1, 1 << 20);
  if (given(cumulative)) a.cumulative = read_bool(cumulative, "cumulative");
  if (given(reverse)) a.reverse = read_bool(reverse, "reverse");
  return a;
}

std::vector<LinearPart> read_linear_parts(const Napi::Value& value) {
  std::vector<LinearPart> parts;
  if (!given(value)) return parts;
  const Napi::Array list = read_list(value, "weights");
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Object object = read_object(list[i], "weights");
    LinearPart part{unwrap<TensorHandle>(object["weight"]).content, {}, {}};
    const Napi::Value bias = object["bias"], scale = object["scale"];
    if (given(bias)) part.bias = unwrap<TensorHandle>(bias).content;
    if (given(scale)) part.scale = unwrap<TensorHandle>(scale).content;
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace vectral::binding
