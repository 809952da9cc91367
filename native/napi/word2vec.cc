#include <algorithm>

#include "../dispatch/select.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

Word2VecOptions read_options(const Napi::Value& value) {
  const Napi::Object object = read_object(value, "options");
  Word2VecOptions options;
  options.dim = read_integer(object["vectorSize"], "vectorSize", 1, 1 << 20);
  options.window = static_cast<int32_t>(read_integer(object["window"], "window", 1, 10000));
  options.min_count = read_integer(object["minCount"], "minCount", 1, INT64_C(1) << 52);
  options.max_vocab_size = read_integer(object["maxVocabSize"], "maxVocabSize", 0, WordTable::kMostWords);
  options.max_final_vocab = read_integer(object["maxFinalVocab"], "maxFinalVocab", 0, WordTable::kMostWords);
  options.negative = static_cast<int32_t>(read_integer(object["negative"], "negative", 0, 10000));
  options.seed = static_cast<uint64_t>(read_integer(object["seed"], "seed", 0, INT64_C(1) << 52));
  options.sample = read_number(object["sample"], "sample");
  options.noise_exponent = read_number(object["nsExponent"], "nsExponent");
  options.skip_gram = read_bool(object["sg"], "sg");
  options.cbow_mean = read_bool(object["cbowMean"], "cbowMean");
  options.shrink_windows = read_bool(object["shrinkWindows"], "shrinkWindows");
  options.exact = read_bool(object["exact"], "exact");
  return options;
}

const Word2VecTrainer& trainer_of(const Napi::Value& value) {
  const auto& trainer = unwrap<WordTrainerHandle>(value).word2vec;
  if (trainer == nullptr) throw Napi::TypeError::New(value.Env(), "expected a trainer of word2vec");
  return *trainer;
}

}  // namespace

Napi::Value word2vec(const Napi::CallbackInfo& info) {
  const IsaChoice* isa = nullptr;
  throw_if_error(info.Env(), selected_isa(&isa));
  auto trainer = std::make_shared<Word2VecTrainer>(read_options(info[0]), *isa->kernels);
  return wrap_handle(info.Env(), std::make_unique<WordTrainerHandle>(trainer), 0);
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
  throw_if_error(info.Env(), trainer_of(info[0]).vectors(&set));
  return wrap_vectors(info.Env(), std::move(set));
}

}  // namespace vectral::binding
