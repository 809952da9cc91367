// What all trainers that derive from WordTrainer do.
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

Napi::Promise start(const Napi::CallbackInfo& info, int threads, Jobs::Work work, Jobs::Finish finish) {
  const Napi::Object kept = info[1].IsObject() ? info[1].As<Napi::Object>() : Napi::Object::New(info.Env());
  return jobs_of(info.Env()).start(info.Env(), {nullptr, threads, threads}, std::move(work), std::move(finish), kept);
}

}  // namespace

Napi::Value word_trainer_count(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<WordTrainerHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  const auto work = [=](int) { return trainer->count(text), Status::ok(); };
  return start(info, 1, work, [](Napi::Env env) { return env.Undefined(); });
}

Napi::Value word_trainer_build(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<WordTrainerHandle>(info[0]).content;
  return start(
      info, 1, [=](int) { return trainer->build(); },
      [trainer](Napi::Env env) { return Napi::Number::New(env, static_cast<double>(trainer->words_counted())); });
}

Napi::Value word_trainer_known(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<WordTrainerHandle>(info[0]).content;
  const std::string_view text = read_bytes(info[1], "text");
  const auto words = std::make_shared<int64_t>(0);
  return start(
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
  return start(info, threads, work, [trainer](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("words", static_cast<double>(trainer->words_trained()));
    result.Set("alpha", trainer->rate());
    result.Set("loss", trainer->take_loss());
    return result;
  });
}

}  // namespace vectral::binding
