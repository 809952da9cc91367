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

Napi::Value word2vec_state(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Word2VecTrainer& trainer = trainer_of(info[0]);
  const std::vector<int64_t>& counts = trainer.vocabulary().counts;
  const std::vector<uint64_t> states = trainer.stream_states();
  Napi::BigInt64Array count_array = Napi::BigInt64Array::New(env, counts.size());
  std::copy(counts.begin(), counts.end(), count_array.Data());
  Napi::BigUint64Array state_array = Napi::BigUint64Array::New(env, states.size());
  std::copy(states.begin(), states.end(), state_array.Data());
  Tensor outputs;
  outputs.shape.rank = 2;
  outputs.shape.dims[0] = trainer.size();
  outputs.shape.dims[1] = trainer.dim();
  std::shared_ptr<Storage> storage;
  throw_if_error(env, trainer.outputs(&storage));
  outputs.storage = std::move(storage);
  Napi::Object result = Napi::Object::New(env);
  result.Set("counts", count_array);
  result.Set("streams", state_array);
  result.Set("outputs", wrap_tensor(env, std::move(outputs)));
  return result;
}

Napi::Value word2vec_restore(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const IsaChoice* isa = nullptr;
  throw_if_error(env, selected_isa(&isa));
  auto trainer = std::make_shared<Word2VecTrainer>(read_options(info[0]), *isa->kernels);
  WordCounts vocabulary;
  throw_if_error(env, add_words(read_bytes(info[1], "words"), &vocabulary.words));
  const auto counts = info[2].As<Napi::BigInt64Array>();
  const auto states = info[3].As<Napi::BigUint64Array>();
  const Tensor inputs = unwrap<TensorHandle>(info[4]).content, outputs = unwrap<TensorHandle>(info[5]).content;
  const auto fits = [&](const Tensor& tensor) {
    return tensor.dtype == DType::f32 && tensor.shape.rank == 2 && tensor.shape.dims[0] == vocabulary.words.size() &&
           tensor.shape.dims[1] == trainer->dim();
  };
  if (vocabulary.words.size() == 0 || static_cast<int64_t>(counts.ElementLength()) != vocabulary.words.size() ||
      !fits(inputs) || !fits(outputs)) {
    throw Napi::TypeError::New(env, "words, counts, vectors and outputs must be as many, and as wide as vectorSize");
  }
  vocabulary.counts.assign(counts.Data(), counts.Data() + counts.ElementLength());
  for (const int64_t count : vocabulary.counts) {
    if (!__builtin_add_overflow(vocabulary.total, count, &vocabulary.total)) continue;
    throw Napi::TypeError::New(env, "the counts of the words are too large");
  }
  const std::vector<uint64_t> streams(states.Data(), states.Data() + states.ElementLength());
  throw_if_error(env, trainer->restore(std::move(vocabulary), static_cast<const float*>(inputs.storage->data()),
                                       static_cast<const float*>(outputs.storage->data()), streams));
  return wrap_handle(env, std::make_unique<WordTrainerHandle>(trainer), 0);
}

}  // namespace vectral::binding
