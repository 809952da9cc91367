#include <algorithm>
#include <cstring>

#include "../core/cpu_count.h"
#include "../dispatch/select.h"
#include "../vectors/nearest.h"
#include "../vectors/text_rows.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

template <typename Array, typename T>
Array to_array(Napi::Env env, const std::vector<T>& numbers) {
  Array array = Array::New(env, numbers.size());
  if (!numbers.empty()) std::memcpy(array.Data(), numbers.data(), array.ByteLength());
  return array;
}

const KernelTable& kernels_of(Napi::Env env) {
  const IsaChoice* isa = nullptr;
  throw_if_error(env, selected_isa(&isa));
  return *isa->kernels;
}

// The set behind a handle; its file, if it lies in one, must still be there in full.
std::shared_ptr<const VectorSet> read_set(const Napi::Value& value) {
  auto set = unwrap<VectorsHandle>(value).content;
  if (const auto& file = set->vectors.storage->file()) throw_if_error(value.Env(), file->check_whole());
  return set;
}

const float* read_floats(const Napi::Value& value, const char* name, int64_t* count) {
  const RunBuffer array = read_array(value, name);
  if (array.dtype != DType::f32) throw Napi::TypeError::New(value.Env(), std::string(name) + " must be a Float32Array");
  *count = array.count;
  return static_cast<const float*>(array.data);
}

// What a search is asked for.
struct Search {
  std::shared_ptr<const VectorSet> set;
  const float* queries = nullptr;
  int64_t count = 0, topn = 0, rows = 0;
  int threads = 1;
};

Search read_search(const Napi::CallbackInfo& info) {
  Search search;
  search.set = read_set(info[0]);
  int64_t floats = 0;
  search.queries = read_floats(info[1], "queries", &floats);
  search.count = floats / search.set->dim();
  if (search.count * search.set->dim() != floats) throw Napi::TypeError::New(info.Env(), "queries must be whole rows");
  search.rows = read_integer(info[3], "rows", 0, search.set->size());
  search.topn = read_integer(info[2], "topn", 0, search.rows);
  throw_if_error(info.Env(), default_threads(&search.threads));
  return search;
}

Napi::Object to_object(Napi::Env env, const Neighbours& found) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("places", to_array<Napi::Int32Array>(env, found.places));
  object.Set("scores", to_array<Napi::Float32Array>(env, found.scores));
  return object;
}

}  // namespace

Napi::Value wrap_vectors(Napi::Env env, std::shared_ptr<const VectorSet> set) {
  const int64_t bytes = set->vectors.storage->owned() ? set->vectors.storage->bytes() : 0;
  return wrap_handle(env, std::make_unique<VectorsHandle>(std::move(set)), bytes);
}

Napi::Value vectors_from(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto set = std::make_shared<VectorSet>();
  throw_if_error(env, add_words(read_bytes(info[0], "words"), &set->words));
  set->vectors = unwrap<TensorHandle>(info[1]).content;
  int64_t scales = 0;
  if (!info[2].IsUndefined()) {
    const float* const values = read_floats(info[2], "scales", &scales);
    set->scales.assign(values, values + scales);
  }
  if (set->vectors.shape.rank != 2 || set->vectors.shape.dims[0] != set->size() || set->dim() < 1 ||
      scales != (set->vectors.dtype == DType::i8 ? set->size() : 0)) {
    throw Napi::TypeError::New(env, "the matrix must be [words, dim], with a scale a row if it is i8");
  }
  return wrap_vectors(env, std::move(set));
}

Napi::Value vectors_size(const Napi::CallbackInfo& info) {
  const VectorSet& set = *unwrap<VectorsHandle>(info[0]).content;
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("size", set.size());
  object.Set("dim", static_cast<double>(set.dim()));
  object.Set("dtype", dtype_name(set.vectors.dtype));
  return object;
}

Napi::Value vectors_find(const Napi::CallbackInfo& info) {
  const VectorSet& set = *unwrap<VectorsHandle>(info[0]).content;
  return Napi::Number::New(info.Env(), set.words.find(read_string(info[1], "word")));
}

Napi::Value vectors_words(const Napi::CallbackInfo& info) {
  const VectorSet& set = *unwrap<VectorsHandle>(info[0]).content;
  const int64_t end = read_integer(info[2], "end", 0, set.size()), begin = read_integer(info[1], "begin", 0, end);
  Napi::Array list = Napi::Array::New(info.Env(), static_cast<size_t>(end - begin));
  for (int64_t i = begin; i < end; ++i) {
    const Napi::HandleScope scope(info.Env());
    const std::string_view word = set.words.word(static_cast<int32_t>(i));
    list.Set(static_cast<uint32_t>(i - begin), Napi::String::New(info.Env(), word.data(), word.size()));
  }
  return list;
}

Napi::Value vectors_rows(const Napi::CallbackInfo& info) {
  const auto set = read_set(info[0]);
  const RunBuffer places = read_array(info[1], "places");
  if (places.dtype != DType::i32) throw Napi::TypeError::New(info.Env(), "places must be an Int32Array");
  const KernelTable& kernels = kernels_of(info.Env());
  Napi::Float32Array rows = Napi::Float32Array::New(info.Env(), static_cast<size_t>(places.count * set->dim()));
  for (int64_t i = 0; i < places.count; ++i) {
    const int32_t place = static_cast<const int32_t*>(places.data)[i];
    if (place < 0 || place >= set->size())
      throw Napi::TypeError::New(info.Env(), "places holds one that is out of range");
    set->read_rows(kernels, place, place + 1, rows.Data() + i * set->dim());
  }
  return rows;
}

Napi::Value vectors_cosines(const Napi::CallbackInfo& info) {
  const auto set = read_set(info[0]);
  int64_t count = 0;
  const float* const query = read_floats(info[1], "query", &count);
  if (count != set->dim()) throw Napi::TypeError::New(info.Env(), "query must be one row");
  const int64_t rows = read_integer(info[2], "rows", 0, set->size());
  int threads = 1;
  throw_if_error(info.Env(), default_threads(&threads));
  Napi::Float32Array scores = Napi::Float32Array::New(info.Env(), static_cast<size_t>(rows));
  cosines(*set, kernels_of(info.Env()), query, rows, threads, scores.Data());
  return scores;
}

Napi::Value vectors_nearest(const Napi::CallbackInfo& info) {
  const Search s = read_search(info);
  return to_object(info.Env(), nearest(*s.set, kernels_of(info.Env()), s.queries, s.count, s.topn, s.rows, s.threads));
}

Napi::Value vectors_nearest_batch(const Napi::CallbackInfo& info) {
  const Search s = read_search(info);
  const auto found = std::make_shared<Neighbours>();
  const auto work = [s, found, &kernels = kernels_of(info.Env())](int threads) {
    *found = nearest(*s.set, kernels, s.queries, s.count, s.topn, s.rows, threads);
    return Status::ok();
  };
  const auto finish = [found](Napi::Env env) { return to_object(env, *found); };
  return jobs_of(info.Env())
      .start(info.Env(), {s.set.get(), s.threads, s.threads}, work, finish, info[1].As<Napi::Object>());
}

Napi::Value vectors_text(const Napi::CallbackInfo& info) {
  const auto set = read_set(info[0]);
  const int64_t end = read_integer(info[2], "end", 0, set->size()), begin = read_integer(info[1], "begin", 0, end);
  int wanted = 1;
  throw_if_error(info.Env(), default_threads(&wanted));
  const auto pieces = std::make_shared<std::vector<std::string>>();
  const auto work = [set, begin, end, pieces, &kernels = kernels_of(info.Env())](int threads) {
    *pieces = text_rows(*set, kernels, begin, end, threads);
    return Status::ok();
  };
  const auto finish = [pieces](Napi::Env env) {
    size_t bytes = 0;
    for (const std::string& piece : *pieces) bytes += piece.size();
    auto text = Napi::Uint8Array::New(env, bytes);
    uint8_t* to = text.Data();
    for (const std::string& piece : *pieces) to = std::copy(piece.begin(), piece.end(), to);
    return text;
  };
  return jobs_of(info.Env()).start(info.Env(), {set.get(), wanted, wanted}, work, finish, info[0].As<Napi::Object>());
}

void vectors_release(const Napi::CallbackInfo& info) { release<VectorsHandle>(info); }

}  // namespace vectral::binding
