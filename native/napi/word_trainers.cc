// What all trainers that derive from WordTrainer do.
#include <algorithm>

#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {

Napi::Value word_trainer_count(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<WordTrainerHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  const auto work = [=](int) { return trainer->count(text), Status::ok(); };
  return start_training(info, 1, work, [](Napi::Env env) { return env.Undefined(); });
}

Napi::Value word_trainer_build(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<WordTrainerHandle>(info[0]).content;
  return start_training(
      info, 1, [=](int) { return trainer->build(); },
      [trainer](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(trainer->words_counted())); });
}

Napi::Value word_trainer_known(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<WordTrainerHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  const auto words = std::make_shared<int64_t>(0);
  return start_training(
      info, 1, [=](int) { return *words = trainer->known(text), Status::ok(); },
      [words](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(*words)); });
}

Napi::Value word_trainer_schedule(const Napi::CallbackInfo& info) {
  const Napi::Object object = read_object(info[1], "schedule");
  TrainingSchedule schedule;
  schedule.alpha = static_cast<float>(read_number(object["alpha"], "alpha"));
  schedule.min_alpha = static_cast<float>(read_number(object["minAlpha"], "minAlpha"));
  schedule.words = read_integer(object["words"], "words", 0, INT64_C(1) << 53);
  schedule.trained = read_integer(object["trained"], "trained", 0, INT64_C(1) << 53);
  unwrap<WordTrainerHandle>(info[0]).content->set_schedule(schedule);
  return info.Env().Undefined();
}

Napi::Value word_trainer_train(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<WordTrainerHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  const int threads = read_threads(info[2]);
  // As many as were asked for, whatever else runs: what is learnt must not depend on it.
  const auto work = [=](int) { return trainer->train(text, threads); };
  return start_training(info, threads, work, [trainer](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("words", static_cast<double>(trainer->words_trained()));
    result.Set("alpha", trainer->rate());
    result.Set("loss", trainer->take_loss());
    return result;
  });
}

Napi::Value wrap_matrix(Napi::Env env, int64_t rows, int64_t dim, std::shared_ptr<Storage> storage) {
  Tensor matrix;
  matrix.shape.rank = 2;
  matrix.shape.dims[0] = rows;
  matrix.shape.dims[1] = dim;
  matrix.storage = std::move(storage);
  return wrap_tensor(env, std::move(matrix));
}

Napi::Object wrap_vocabulary(Napi::Env env, const WordCounts& vocabulary) {
  std::string words;
  for (int32_t place = 0; place < vocabulary.words.size(); ++place) {
    words.append(vocabulary.words.word(place)).push_back('\n');
  }
  Napi::BigInt64Array counts = Napi::BigInt64Array::New(env, vocabulary.counts.size());
  std::copy(vocabulary.counts.begin(), vocabulary.counts.end(), counts.Data());
  Napi::Object result = Napi::Object::New(env);
  result.Set("words", Napi::Buffer<char>::Copy(env, words.data(), words.size()));
  result.Set("counts", counts);
  return result;
}

Napi::Value word_trainer_state(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const WordTrainer& trainer = *unwrap<WordTrainerHandle>(info[0]).content;
  TrainingState state;
  throw_if_error(env, trainer.state(&state));
  Napi::Object result = wrap_vocabulary(env, trainer.vocabulary());
  Napi::BigInt64Array streams = Napi::BigInt64Array::New(env, state.streams.size());
  std::copy(state.streams.begin(), state.streams.end(), streams.Data());
  result.Set("streams", streams);
  result.Set("dim", static_cast<double>(trainer.dim()));
  result.Set("rows", static_cast<double>(state.input_rows));
  result.Set("vectors", wrap_matrix(env, state.input_rows, trainer.dim(), std::move(state.inputs)));
  result.Set("outputs", wrap_matrix(env, trainer.size(), trainer.dim(), std::move(state.outputs)));
  return result;
}

Napi::Value word_trainer_restore(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  WordTrainer& trainer = *unwrap<WordTrainerHandle>(info[0]).content;
  const Napi::Object state = read_object(info[1], "state");
  WordCounts vocabulary;
  throw_if_error(env, add_words(read_bytes(state.Get("words"), "words"), &vocabulary.words));
  const auto counts = state.Get("counts").As<Napi::BigInt64Array>();
  const auto streams = state.Get("streams").As<Napi::BigInt64Array>();
  vocabulary.counts.assign(counts.Data(), counts.Data() + counts.ElementLength());
  for (const int64_t count : vocabulary.counts) {
    if (!__builtin_add_overflow(vocabulary.total, count, &vocabulary.total)) continue;
    throw Napi::TypeError::New(env, "the counts of the words are too large");
  }
  const std::vector<uint64_t> states(streams.Data(), streams.Data() + streams.ElementLength());
  throw_if_error(env, trainer.restore(std::move(vocabulary), unwrap<TensorHandle>(state.Get("vectors")).content,
                                      unwrap<TensorHandle>(state.Get("outputs")).content, states));
  return env.Undefined();
}

}  // namespace vectral::binding
