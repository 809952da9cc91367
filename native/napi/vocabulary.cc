#include "../core/vocabulary.h"

#include <algorithm>
#include <cstring>

#include "args.h"
#include "functions.h"

namespace vectral::binding {
namespace {

Napi::Int32Array to_array(Napi::Env env, const std::vector<int32_t>& numbers) {
  Napi::Int32Array array = Napi::Int32Array::New(env, numbers.size());
  if (!numbers.empty()) std::memcpy(array.Data(), numbers.data(), array.ByteLength());
  return array;
}

Napi::Object to_object(Napi::Env env, const Vocabulary& vocabulary) {
  Napi::Uint16Array units = Napi::Uint16Array::New(env, vocabulary.units.size());
  if (!vocabulary.units.empty()) std::memcpy(units.Data(), vocabulary.units.data(), units.ByteLength());
  Napi::Object object = Napi::Object::New(env);
  object.Set("units", units);
  object.Set("bounds", to_array(env, vocabulary.bounds));
  object.Set("ids", to_array(env, vocabulary.ids));
  object.Set("hashes", to_array(env, vocabulary.hashes));
  object.Set("slots", to_array(env, vocabulary.slots));
  object.Set("places", to_array(env, vocabulary.places));
  object.Set("longest", vocabulary.longest);
  return object;
}

// With the bytes that the vocabulary takes in its file.
Napi::Object to_object(Napi::Env env, const Vocabulary& vocabulary, size_t begin, size_t end) {
  Napi::Object object = to_object(env, vocabulary);
  object.Set("begin", static_cast<double>(begin));
  object.Set("end", static_cast<double>(end));
  return object;
}

RunBuffer read_array_of(const Napi::Value& value, const char* name, DType dtype) {
  const RunBuffer array = read_array(value, name);
  if (array.dtype != dtype) throw Napi::TypeError::New(value.Env(), std::string(name) + " is an array of another type");
  return array;
}

std::vector<int32_t> read_numbers(const Napi::Value& value, const char* name, int64_t most) {
  const RunBuffer array = read_array_of(value, name, DType::i32);
  const auto* numbers = static_cast<const int32_t*>(array.data);
  for (int64_t i = 0; i < array.count; ++i) {
    if (numbers[i] < 0 || numbers[i] > most) {
      throw Napi::TypeError::New(value.Env(), std::string(name) + " holds a number that is out of range");
    }
  }
  return {numbers, numbers + array.count};
}

}  // namespace

Napi::Value scan_vocabulary(const Napi::CallbackInfo& info) {
  const std::string_view text = read_bytes(info[0], "json");
  Vocabulary vocabulary;
  size_t begin = 0, end = 0;
  if (!vectral::scan_vocabulary(text, &vocabulary, &begin, &end)) return info.Env().Undefined();
  return to_object(info.Env(), vocabulary, begin, end);
}

Napi::Value scan_pieces(const Napi::CallbackInfo& info) {
  const std::string_view text = read_bytes(info[0], "json");
  Vocabulary vocabulary;
  std::vector<double> scores;
  size_t begin = 0, end = 0;
  if (!vectral::scan_pieces(text, &vocabulary, &scores, &begin, &end)) return info.Env().Undefined();
  Napi::Object object = to_object(info.Env(), vocabulary, begin, end);
  Napi::Float64Array array = Napi::Float64Array::New(info.Env(), scores.size());
  std::memcpy(array.Data(), scores.data(), array.ByteLength());
  object.Set("scores", array);
  return object;
}

Napi::Value index_vocabulary(const Napi::CallbackInfo& info) {
  const RunBuffer units = read_array_of(info[0], "units", DType::f16);
  Vocabulary vocabulary;
  vocabulary.bounds = read_numbers(info[1], "bounds", units.count);
  vocabulary.ids = read_numbers(info[2], "ids", kLargestTokenId);
  const auto& bounds = vocabulary.bounds;
  if (bounds.size() != vocabulary.ids.size() + 1 || !std::is_sorted(bounds.begin(), bounds.end())) {
    throw Napi::TypeError::New(info.Env(), "bounds must rise, and have one more than ids");
  }
  vocabulary.units.assign(static_cast<const char16_t*>(units.data), static_cast<size_t>(units.count));
  if (const int64_t repeated = vectral::index_vocabulary(&vocabulary); repeated >= 0) {
    return Napi::Number::New(info.Env(), static_cast<double>(repeated));
  }
  return to_object(info.Env(), vocabulary);
}

}  // namespace vectral::binding
