#include "../vectors/glove_trainer.h"

#include <algorithm>
#include <cmath>

#include "../dispatch/select.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

float read_float(const Napi::Object& object, const char* name) {
  const Napi::Value value = object[name];
  if (!value.IsNumber()) throw Napi::TypeError::New(object.Env(), std::string(name) + " must be a number");
  return value.As<Napi::Number>().FloatValue();
}

GloveOptions read_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "options");
  GloveOptions options;
  options.dim = read_integer(object["vectorSize"], "vectorSize", 1, 1 << 20);
  options.min_count = read_integer(object["minCount"], "minCount", 1, INT64_C(1) << 52);
  options.max_vocab = read_integer(object["maxVocab"], "maxVocab", 0, WordTable::kMostWords);
  options.eta = read_float(object, "eta");
  options.x_max = read_float(object, "xMax");
  options.alpha = read_float(object, "alpha");
  options.clip = read_float(object, "gradClip");
  options.sum = read_bool(object["sum"], "sum");
  CooccurrenceOptions& pairs = options.cooccurrence;
  pairs.window = static_cast<int32_t>(read_integer(object["windowSize"], "windowSize", 1, 10000));
  pairs.symmetric = read_bool(object["symmetric"], "symmetric");
  pairs.distance_weighting = read_bool(object["distanceWeighting"], "distanceWeighting");
  pairs.memory = read_integer(object["memory"], "memory", 1, INT64_C(1) << 24) << 20;
  pairs.folder = read_string(object["folder"], "folder");
  pairs.seed = static_cast<uint64_t>(read_integer(object["seed"], "seed", 0, INT64_C(1) << 52));
  return options;
}

using Trainer = std::shared_ptr<GloveTrainer>;

constexpr const char* kMatrixNames[GloveTrainer::kMatrices] = {"vectors", "contexts", "vectorSquares",
                                                               "contextSquares"};

Napi::Value nothing(Napi::Env env) { return env.Undefined(); }

}  // namespace

Napi::Value glove(const Napi::CallbackInfo& info) {
  const IsaChoice* isa = nullptr;
  throw_if_error(info.Env(), selected_isa(&isa));
  auto trainer = std::make_shared<GloveTrainer>(read_options(info[0]), *isa->kernels);
  return wrap_handle(info.Env(), std::make_unique<GloveHandle>(std::move(trainer)), 0);
}

Napi::Value glove_count(const Napi::CallbackInfo& info) {
  const Trainer trainer = unwrap<GloveHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  return start_training(
      info, 1, [=](int) { return trainer->count(text), Status::ok(); }, nothing);
}

Napi::Value glove_build(const Napi::CallbackInfo& info) {
  const Trainer trainer = unwrap<GloveHandle>(info[0]).content;
  return start_training(
      info, 1, [=](int) { return trainer->build(); },
      [trainer](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(trainer->words())); });
}

Napi::Value glove_cooccur(const Napi::CallbackInfo& info) {
  const Trainer trainer = unwrap<GloveHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  return start_training(
      info, 1, [=](int) { return trainer->cooccur(text); }, nothing);
}

Napi::Value glove_gather(const Napi::CallbackInfo& info) {
  const Trainer trainer = unwrap<GloveHandle>(info[0]).content;
  return start_training(
      info, 1, [=](int) { return trainer->gather(); },
      [trainer](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(trainer->pairs())); });
}

Napi::Value glove_train(const Napi::CallbackInfo& info) {
  const Trainer trainer = unwrap<GloveHandle>(info[0]).content;
  const int threads = read_threads(info[1]);
  return start_training(
      info, threads, [=](int) { return trainer->train(threads); },
      [trainer](Napi::Env env) {
        Napi::Object result = Napi::Object::New(env);
        result.Set("pairs", static_cast<double>(trainer->pairs_trained()));
        result.Set("loss", trainer->take_loss());
        return result;
      });
}

Napi::Value glove_vectors(const Napi::CallbackInfo& info) {
  std::shared_ptr<VectorSet> set;
  throw_if_error(info.Env(), unwrap<GloveHandle>(info[0]).content->vectors(&set));
  return wrap_vectors(info.Env(), std::move(set));
}

Napi::Value glove_skip(const Napi::CallbackInfo& info) {
  const Trainer trainer = unwrap<GloveHandle>(info[0]).content;
  return start_training(
      info, 1, [=](int) { return trainer->skip(); },
      [trainer](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(trainer->pairs_trained())); });
}

Napi::Value glove_state(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  GloveTrainer& trainer = *unwrap<GloveHandle>(info[0]).content;
  Napi::Object result = Napi::Object::New(env);
  for (int i = 0; i < GloveTrainer::kMatrices; ++i) {
    const auto matrix = static_cast<GloveTrainer::Matrix>(i);
    if (!trainer.matrix(matrix).finite()) {
      throw Napi::Error::New(env, "the vectors grew beyond all bounds; lower eta");
    }
    std::shared_ptr<Storage> copy = trainer.matrix(matrix).copy();
    if (copy == nullptr) throw Napi::Error::New(env, "not enough memory for a copy of what was learnt");
    const int64_t words = trainer.vocabulary().words.size();
    result.Set(kMatrixNames[i], wrap_matrix(env, words, trainer.dim(), std::move(copy)));
    const std::vector<float>& from = trainer.biases(matrix);
    Napi::Float32Array biases = Napi::Float32Array::New(env, from.size());
    std::copy(from.begin(), from.end(), biases.Data());
    result.Set(std::string(kMatrixNames[i]) + "Biases", biases);
  }
  return result;
}

Napi::Value glove_vocabulary(const Napi::CallbackInfo& info) {
  return wrap_vocabulary(info.Env(), unwrap<GloveHandle>(info[0]).content->vocabulary());
}

Napi::Value glove_restore(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  GloveTrainer& trainer = *unwrap<GloveHandle>(info[0]).content;
  const Napi::Object state = read_object(info[1], "state");
  const int64_t words = trainer.vocabulary().words.size();
  for (int i = 0; i < GloveTrainer::kMatrices; ++i) {
    const auto matrix = static_cast<GloveTrainer::Matrix>(i);
    const std::string name = kMatrixNames[i];
    const Tensor& tensor = unwrap<TensorHandle>(state.Get(name)).content;
    const RunBuffer given = read_array(state.Get(name + "Biases"), name.c_str());
    const auto* const biases = static_cast<const float*>(given.data);
    if (given.dtype != DType::f32 || given.count != words || tensor.dtype != DType::f32 || tensor.shape.rank != 2 ||
        tensor.shape.dims[0] != words || tensor.shape.dims[1] != trainer.dim()) {
      throw Napi::Error::New(env, '"' + name + "\" must be " + std::to_string(words) + " rows of " +
                                      std::to_string(trainer.dim()) + " with a bias each");
    }
    const bool finite = trainer.matrix(matrix).take(static_cast<const float*>(tensor.storage->data()));
    if (!finite || !std::all_of(biases, biases + words, [](float x) { return std::isfinite(x); })) {
      throw Napi::Error::New(env, '"' + name + "\" must hold finite numbers");
    }
    trainer.biases(matrix).assign(biases, biases + words);
  }
  return env.Undefined();
}

void glove_release(const Napi::CallbackInfo& info) { release<GloveHandle>(info); }

}  // namespace vectral::binding
