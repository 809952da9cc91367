#include "../vectors/fasttext_supervised.h"

#include "../dispatch/select.h"
#include "args.h"
#include "functions.h"
#include "handle.h"

namespace vectral::binding {
namespace {

int32_t read_setting(const Napi::Object& settings, const char* name, int32_t least) {
  return static_cast<int32_t>(read_integer(settings.Get(name), name, least, INT32_MAX));
}

FastTextArgs read_args(const Napi::Object& settings) {
  FastTextArgs args;
  args.model = static_cast<FastTextKind>(read_choice(settings.Get("model"), "model", kFastTextKinds) + 1);
  args.dim = static_cast<int32_t>(read_integer(settings.Get("dim"), "dim", 1, 1 << 20));
  args.ws = static_cast<int32_t>(read_integer(settings.Get("ws"), "ws", 1, 10000));
  args.epoch = read_setting(settings, "epoch", 1);
  args.min_count = read_setting(settings, "minCount", 0);
  args.neg = read_setting(settings, "neg", 0);
  args.word_ngrams = read_setting(settings, "wordNgrams", 0);
  args.loss = static_cast<FastTextLoss>(read_choice(settings.Get("loss"), "loss", kFastTextLosses) + 1);
  args.bucket = read_setting(settings, "bucket", 0);
  args.minn = read_setting(settings, "minn", 0);
  args.maxn = read_setting(settings, "maxn", 0);
  args.t = read_number(settings.Get("t"), "t");
  return args;
}

uint64_t read_seed(const Napi::Object& settings) {
  return static_cast<uint64_t>(read_integer(settings.Get("seed"), "seed", 0, INT64_C(1) << 52));
}

Napi::Value wrap_model(Napi::Env env, const std::shared_ptr<const FastTextModel>& model) {
  const int64_t rows = model->input.rows + model->output.rows;
  return wrap_handle(env, std::make_unique<FastTextHandle>(model), rows * model->input.dim * 4);
}

// The text, or the file that is read for it.
struct Source {
  std::string name;
  std::string_view text;
  bool given = false;

  Status train(const FastTextTraining& training, std::shared_ptr<const FastTextModel>* model) const {
    if (given) return train_supervised(training, text, name, model);
    // Not mapped: a file that is cut meanwhile would end the process.
    std::shared_ptr<const MappedFile> file;
    if (Status status = MappedFile::open(name, false, &file); !status.is_ok()) return status;
    const std::string_view lines(reinterpret_cast<const char*>(file->data()), static_cast<size_t>(file->size()));
    return train_supervised(training, lines, name, model);
  }
};

std::shared_ptr<const Source> read_source(const Napi::CallbackInfo& info) {
  auto source = std::make_shared<Source>();
  source->name = read_string(info[0], "source");
  source->given = !info[1].IsUndefined();
  if (!source->given) return source;
  source->text = read_bytes(info[1], "text");
  return source;
}

}  // namespace

Napi::Value fasttext_train_supervised(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto source = read_source(info);
  const Napi::Object settings = read_object(info[2], "settings");
  const RunBuffer progress = read_array(info[4], "progress");
  if (progress.dtype != DType::i64 || progress.count != 2)
    throw Napi::TypeError::New(env, "progress must have 2 items");
  const IsaChoice* isa = nullptr;
  throw_if_error(env, selected_isa(&isa));
  auto* const counters = static_cast<int64_t*>(progress.data);
  FastTextTraining training{read_args(settings),
                            read_setting(settings, "minCountLabel", 0),
                            0.1,
                            0,
                            read_threads(info[3]),
                            *isa->kernels,
                            std::atomic_ref<int64_t>(counters[0]),
                            std::atomic_ref<int64_t>(counters[1])};
  training.lr = read_number(settings.Get("lr"), "lr");
  training.seed = read_seed(settings);
  const auto model = std::make_shared<std::shared_ptr<const FastTextModel>>();
  const auto work = [=](int threads) mutable {
    training.threads = threads;
    return source->train(training, model.get());
  };
  const auto finish = [model](Napi::Env e) { return wrap_model(e, *model); };
  Napi::Array kept = Napi::Array::New(env);
  kept.Set(0u, info[1]);
  kept.Set(1u, info[4]);
  const auto stop = [counters] { std::atomic_ref<int64_t>(counters[1]).store(1, std::memory_order_relaxed); };
  return jobs_of(env).start(env, {model.get(), training.threads, training.threads}, work, finish, kept, stop);
}

Napi::Value fasttext_trainer(const Napi::CallbackInfo& info) {
  const IsaChoice* isa = nullptr;
  throw_if_error(info.Env(), selected_isa(&isa));
  const Napi::Object settings = read_object(info[0], "settings");
  auto trainer = std::make_shared<FastTextTrainer>(read_args(settings), read_bool(settings.Get("exact"), "exact"),
                                                   read_seed(settings), *isa->kernels);
  return wrap_handle(info.Env(), std::make_unique<WordTrainerHandle>(trainer), 0);
}

Napi::Value fasttext_finish(const Napi::CallbackInfo& info) {
  const auto trainer = unwrap<WordTrainerHandle>(info[0]).fasttext;
  if (trainer == nullptr) throw Napi::TypeError::New(info.Env(), "expected a trainer of fastText");
  const auto model = std::make_shared<std::shared_ptr<const FastTextModel>>();
  const auto work = [=](int) { return trainer->finish(model.get()); };
  const auto finish = [model](Napi::Env env) { return wrap_model(env, *model); };
  return jobs_of(info.Env()).start(info.Env(), {trainer.get(), 1, 1}, work, finish, Napi::Object::New(info.Env()));
}

}  // namespace vectral::binding
