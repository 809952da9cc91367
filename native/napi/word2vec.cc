#include "../vectors/word2vec_trainer.h"

#include "../core/cpu_count.h"
#include "../dispatch/select.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

double read_number(const Napi::Object& object, const char* name) {
  const Napi::Value value = object[name];
  if (!value.IsNumber()) throw Napi::TypeError::New(object.Env(), std::string(name) + " must be a number");
  return value.As<Napi::Number>().DoubleValue();
}

Word2VecOptions read_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "options");
  Word2VecOptions options;
  options.dim = read_integer(object["vectorSize"], "vectorSize", 1, 1 << 20);
  options.window = static_cast<int32_t>(read_integer(object["window"], "window", 1, 10000));
  options.min_count = read_integer(object["minCount"], "minCount", 1, INT64_C(1) << 52);
  options.epochs = static_cast<int32_t>(read_integer(object["epochs"], "epochs", 1, 1 << 20));
  options.negative = static_cast<int32_t>(read_integer(object["negative"], "negative", 0, 10000));
  options.seed = static_cast<uint64_t>(read_integer(object["seed"], "seed", 0, INT64_C(1) << 52));
  options.sample = read_number(object, "sample");
  options.alpha = static_cast<float>(read_number(object, "alpha"));
  options.min_alpha = static_cast<float>(read_number(object, "minAlpha"));
  options.noise_exponent = read_number(object, "nsExponent");
  options.skip_gram = read_bool(object["sg"], "sg");
  options.cbow_mean = read_bool(object["cbowMean"], "cbowMean");
  options.shrink_windows = read_bool(object["shrinkWindows"], "shrinkWindows");
  options.exact = read_bool(object["exact"], "exact");
  return options;
}

Napi::Promise start(const Napi::CallbackInfo& info, int threads, Jobs::Work work, Jobs::Finish finish) {
  const Napi::Object kept = info[1].IsObject() ? info[1].As<Napi::Object>() : Napi::Object::New(info.Env());
  return jobs_of(info.Env()).start(info.Env(), {nullptr, threads, threads}, std::move(work), std::move(finish), kept);
}

}  // namespace

Napi::Value word2vec(const Napi::CallbackInfo& info) {
  const IsaChoice* isa = nullptr;
  throw_if_error(info.Env(), selected_isa(&isa));
  auto trainer = std::make_shared<Word2VecTrainer>(read_options(info[0]), *isa->kernels);
  return wrap_handle(info.Env(), std::make_unique<Word2VecHandle>(std::move(trainer)), 0);
}

Napi::Value word2vec_count(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<Word2VecHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  const auto work = [=](int) { return trainer->count(text), Status::ok(); };
  return start(info, 1, work, [](Napi::Env env) { return env.Undefined(); });
}

Napi::Value word2vec_build(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<Word2VecHandle>(info[0]).content;
  return start(
      info, 1, [=](int) { return trainer->build(); },
      [trainer](Napi::Env env) {
        Napi::Object result = Napi::Object::New(env);
        result.Set("size", trainer->size());
        result.Set("words", static_cast<double>(trainer->words_counted()));
        return result;
      });
}

Napi::Value word2vec_train(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<Word2VecHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  const int threads = read_threads(info[2]);
  // As many as were asked for, whatever else runs: what is learnt must not depend on it.
  const auto work = [=](int) { return trainer->train(text, threads), Status::ok(); };
  return start(info, threads, work, [trainer](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("words", static_cast<double>(trainer->words_trained()));
    result.Set("alpha", trainer->rate());
    return result;
  });
}

Napi::Value word2vec_step(const Napi::CallbackInfo& info) {
  const IsaChoice* isa = nullptr;
  throw_if_error(info.Env(), selected_isa(&isa));
  const RunBuffer hidden = read_array(info[0], "hidden"), outputs = read_array(info[1], "outputs"),
                  labels = read_array(info[2], "labels");
  const bool floats = hidden.dtype == DType::f32 && outputs.dtype == DType::f32 && labels.dtype == DType::f32;
  if (!floats || hidden.count % 16 != 0 || outputs.count != labels.count * hidden.count || !info[3].IsNumber()) {
    throw Napi::TypeError::New(info.Env(), "a step takes hidden [16 n], outputs [labels, 16 n], labels and a rate");
  }
  std::vector<float*> rows;
  for (int64_t o = 0; o < labels.count; ++o) rows.push_back(static_cast<float*>(outputs.data) + o * hidden.count);
  Napi::Float32Array error = Napi::Float32Array::New(info.Env(), static_cast<size_t>(hidden.count));
  word2vec_exact_step(*isa->kernels, static_cast<const float*>(hidden.data), rows.data(),
                      static_cast<const float*>(labels.data), labels.count, info[3].As<Napi::Number>().FloatValue(),
                      hidden.count, error.Data());
  return error;
}

Napi::Value word2vec_vectors(const Napi::CallbackInfo& info) {
  std::shared_ptr<VectorSet> set;
  throw_if_error(info.Env(), unwrap<Word2VecHandle>(info[0]).content->vectors(&set));
  return wrap_vectors(info.Env(), std::move(set));
}

}  // namespace vectral::binding
