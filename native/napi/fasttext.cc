#include <cmath>

#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

using Model = std::shared_ptr<const FastTextModel>;

// Of a file that is as long as it was: touching lost pages would end the process.
Status check_whole(const FastTextModel& model) {
  return model.file == nullptr ? Status::ok() : model.file->check_whole();
}

Model read_model(const Napi::Value& value) {
  Model model = unwrap<FastTextHandle>(value).content;
  throw_if_error(value.Env(), check_whole(*model));
  return model;
}

std::vector<std::string> read_texts(const Napi::Value& value, const char* name) {
  const Napi::Array list = read_list(value, name);
  std::vector<std::string> texts(list.Length());
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::HandleScope scope(value.Env());
    texts[i] = read_string(list[i], name);
  }
  return texts;
}

Napi::String to_string(Napi::Env env, std::string_view text) {
  return Napi::String::New(env, text.data(), text.size());
}

struct Request {
  Model model;
  std::vector<std::string> texts;
  int32_t k = 1;
  float threshold = 0;
  std::vector<FastTextModel::Scores> results;

  Status predict(size_t i) {
    if (Status status = check_whole(*model); !status.is_ok()) return status;
    return model->predict(texts[i], k, threshold, &results[i]);
  }
};

// (model, texts, k, threshold)
std::shared_ptr<Request> read_request(const Napi::CallbackInfo& info) {
  auto request = std::make_shared<Request>();
  request->model = read_model(info[0]);
  request->texts = read_texts(info[1], "texts");
  request->k = static_cast<int32_t>(read_integer(info[2], "k", 1, INT32_MAX));
  request->threshold = info[3].As<Napi::Number>().FloatValue();
  request->results.resize(request->texts.size());
  return request;
}

// Of each text { ids: Int32Array, scores: Float32Array }, best first.
Napi::Value to_list(Napi::Env env, const std::vector<FastTextModel::Scores>& results) {
  Napi::Array list = Napi::Array::New(env, results.size());
  for (uint32_t i = 0; i < results.size(); ++i) {
    const Napi::HandleScope scope(env);
    Napi::Int32Array ids = Napi::Int32Array::New(env, results[i].size());
    Napi::Float32Array scores = Napi::Float32Array::New(env, results[i].size());
    for (size_t j = 0; j < results[i].size(); ++j) {
      scores[j] = results[i][j].first;
      ids[j] = results[i][j].second;
    }
    Napi::Object object = Napi::Object::New(env);
    object.Set("ids", ids);
    object.Set("scores", scores);
    list.Set(i, object);
  }
  return list;
}

Status predict_all(Request& request) {
  for (size_t i = 0; i < request.texts.size(); ++i) {
    if (Status status = request.predict(i); !status.is_ok()) return status;
  }
  return Status::ok();
}

Napi::Object to_object(Napi::Env env, const FastTextArgs& a) {
  Napi::Object args = Napi::Object::New(env);
  args.Set("dim", a.dim);
  args.Set("ws", a.ws);
  args.Set("epoch", a.epoch);
  args.Set("minCount", a.min_count);
  args.Set("neg", a.neg);
  args.Set("wordNgrams", a.word_ngrams);
  args.Set("loss", kFastTextLosses[static_cast<int>(a.loss) - 1]);
  args.Set("model", kFastTextKinds[static_cast<int>(a.model) - 1]);
  args.Set("bucket", a.bucket);
  args.Set("minn", a.minn);
  args.Set("maxn", a.maxn);
  args.Set("lrUpdateRate", a.lr_update_rate);
  args.Set("t", a.t);
  return args;
}

}  // namespace

Napi::Value fasttext_load(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = read_string(info[0], "path");
  const bool map = read_bool(info[1], "mmap");
  if (path.find('\0') != std::string::npos) throw Napi::TypeError::New(env, "path must not contain a NUL character");
  auto model = std::make_shared<Model>();
  const auto work = [path, map, model](int) { return load_fasttext(path, map, model.get()); };
  const auto finish = [model](Napi::Env e) {
    const int64_t bytes = (*model)->file->mapped() ? 0 : (*model)->file->size();
    return wrap_handle(e, std::make_unique<FastTextHandle>(std::move(*model)), bytes);
  };
  return jobs_of(env).start(env, {}, work, finish, Napi::Object::New(env));
}

Napi::Value fasttext_info(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const FastTextModel& model = *unwrap<FastTextHandle>(info[0]).content;
  Napi::Object object = Napi::Object::New(env);
  object.Set("args", to_object(env, model.args));
  object.Set("quantized", model.input.quantized);
  object.Set("words", model.dictionary.nwords);
  object.Set("labels", model.dictionary.nlabels());
  return object;
}

Napi::Value fasttext_words(const Napi::CallbackInfo& info) {
  const FastTextDictionary& dictionary = unwrap<FastTextHandle>(info[0]).content->dictionary;
  const auto begin = static_cast<int32_t>(read_integer(info[1], "begin", 0, dictionary.entries.size()));
  const auto end = static_cast<int32_t>(read_integer(info[2], "end", begin, dictionary.entries.size()));
  Napi::Array words = Napi::Array::New(info.Env(), static_cast<size_t>(end - begin));
  for (int32_t i = begin; i < end; ++i) {
    const Napi::HandleScope scope(info.Env());
    words.Set(static_cast<uint32_t>(i - begin), to_string(info.Env(), dictionary.entries.word(i)));
  }
  return words;
}

Napi::Value fasttext_vectors(const Napi::CallbackInfo& info) {
  const Model model = read_model(info[0]);
  const std::vector<std::string> texts = read_texts(info[1], "texts");
  const bool sentences = read_bool(info[2], "sentences");
  const auto dim = static_cast<size_t>(model->args.dim);
  Napi::Float32Array vectors = Napi::Float32Array::New(info.Env(), texts.size() * dim);
  for (size_t i = 0; i < texts.size(); ++i) {
    float* const vector = vectors.Data() + i * dim;
    throw_if_error(info.Env(),
                   sentences ? model->sentence_vector(texts[i], vector) : model->word_vector(texts[i], vector));
  }
  return vectors;
}

Napi::Value fasttext_subwords(const Napi::CallbackInfo& info) {
  const FastTextModel& model = *unwrap<FastTextHandle>(info[0]).content;
  std::vector<int32_t> rows;
  std::vector<std::string> grams;
  model.dictionary.word_rows(model.args, read_string(info[1], "word"), &rows, &grams);
  Napi::Array list = Napi::Array::New(info.Env(), rows.size());
  for (uint32_t i = 0; i < rows.size(); ++i) {
    Napi::Array pair = Napi::Array::New(info.Env(), 2);
    pair.Set(0u, to_string(info.Env(), grams[i]));
    pair.Set(1u, rows[i]);
    list.Set(i, pair);
  }
  return list;
}

Napi::Value fasttext_predict_now(const Napi::CallbackInfo& info) {
  const auto request = read_request(info);
  throw_if_error(info.Env(), predict_all(*request));
  return to_list(info.Env(), request->results);
}

Napi::Value fasttext_predict(const Napi::CallbackInfo& info) {
  const auto request = read_request(info);
  const auto work = [request](int) { return predict_all(*request); };
  const auto finish = [request](Napi::Env env) { return to_list(env, request->results); };
  return jobs_of(info.Env())
      .start(info.Env(), {request->model.get(), 1, 1}, work, finish, Napi::Object::New(info.Env()));
}

Napi::Value fasttext_nearest(const Napi::CallbackInfo& info) {
  const Model model = read_model(info[0]);
  const RunBuffer array = read_array(info[1], "query");
  if (array.dtype != DType::f32 || array.count != model->args.dim) {
    throw Napi::TypeError::New(info.Env(), "query must be a Float32Array of dim numbers");
  }
  const auto* numbers = static_cast<const float*>(array.data);
  const std::vector<float> query(numbers, numbers + array.count);
  const auto k = static_cast<int32_t>(read_integer(info[2], "k", 1, INT32_MAX));
  const auto banned = read_texts(info[3], "banned");
  const auto results = std::make_shared<std::vector<FastTextModel::Scores>>(1);
  const auto work = [=](int) { return model->nearest(query.data(), k, banned, &results->front()); };
  const auto finish = [results](Napi::Env env) { return to_list(env, *results); };
  return jobs_of(info.Env()).start(info.Env(), {model.get(), 1, 1}, work, finish, Napi::Object::New(info.Env()));
}

Napi::Value fasttext_word_vectors(const Napi::CallbackInfo& info) {
  const Model model = read_model(info[0]);
  const auto set = std::make_shared<VectorSet>();
  const auto work = [=](int) { return model->word_vectors(set.get()); };
  const auto finish = [set](Napi::Env env) {
    const int64_t bytes = set->vectors.storage->bytes();
    return wrap_handle(env, std::make_unique<VectorsHandle>(set), bytes);
  };
  return jobs_of(info.Env()).start(info.Env(), {model.get(), 1, 1}, work, finish, Napi::Object::New(info.Env()));
}

Napi::Value fasttext_save(const Napi::CallbackInfo& info) {
  const Model model = read_model(info[0]);
  const std::string path = read_string(info[1], "path");
  const auto work = [=](int) { return save_fasttext(*model, path); };
  const auto finish = [](Napi::Env env) { return env.Undefined(); };
  return jobs_of(info.Env()).start(info.Env(), {}, work, finish, Napi::Object::New(info.Env()));
}

void fasttext_release(const Napi::CallbackInfo& info) { release<FastTextHandle>(info); }

}  // namespace vectral::binding
