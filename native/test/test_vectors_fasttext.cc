// Files of fastText with any of their bytes wrong: refused, or read and used within their bounds (under the
// sanitizers).
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include "../dispatch/select.h"
#include "../vectors/fasttext_model.h"
#include "../vectors/fasttext_step.h"
#include "../vectors/fasttext_supervised.h"
#include "../vectors/fasttext_trainer.h"
#include "fasttext_steps.h"

using namespace vectral;

namespace {

// A name of its own for each run: builds with different sanitizers are tested side by side.
std::string temporary() {
  const std::string name = "vectral-fasttext-" + std::to_string(std::random_device{}()) + ".bin";
  return (std::filesystem::temp_directory_path() / name).string();
}

ProductQuantizer quantizer(int32_t dim, int32_t dsub) {
  const int32_t rest = dim % dsub;
  ProductQuantizer pq{dim, (dim + dsub - 1) / dsub, dsub, rest == 0 ? dsub : rest, {}};
  pq.centroids.assign(static_cast<size_t>(dim) * 256, 0.5f);
  return pq;
}

// A classifier of four labels over five words; `bytes` keeps what its matrices point to.
std::shared_ptr<const FastTextModel> small_model(bool quantized, FastTextLoss loss, std::vector<uint8_t>* bytes) {
  const auto made = std::make_shared<FastTextModel>();
  FastTextModel& model = *made;
  model.args.dim = 5;
  model.args.loss = loss;
  model.args.model = FastTextKind::sup;
  model.args.word_ngrams = 2;
  model.args.bucket = 20;
  model.args.minn = 2;
  model.args.maxn = 3;
  FastTextDictionary& dictionary = model.dictionary;
  for (const char* entry :
       {"one", "two", "caf\xC3\xA9", "</s>", "five", "__label__a", "__label__b", "__label__c", "__label__d"}) {
    dictionary.entries.add(entry);
    dictionary.counts.push_back(20 - dictionary.entries.size());
  }
  dictionary.nwords = 5;
  dictionary.pruned = quantized;
  if (quantized) {
    dictionary.kept = {{3, 0}, {17, 1}, {4, 2}};
    for (const auto& [bucket, row] : dictionary.kept) dictionary.kept_rows[bucket] = row;
  }
  bytes->assign(1000, 0);
  model.input.rows = quantized ? 8 : 25;
  model.output.rows = 4;
  for (FastTextMatrix* matrix : {&model.input, &model.output}) {
    matrix->dim = 5;
    matrix->values = matrix->codes = matrix->norm_codes = bytes->data();
    matrix->quantized = matrix->qnorm = quantized;
    matrix->pq = quantizer(5, 2);
    matrix->norm_pq = quantizer(1, 1);
  }
  model.qout = quantized;
  return made;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Loads these bytes and asks all that can be asked; whether they were taken for a model.
bool use(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  std::shared_ptr<const FastTextModel> model;
  const Status status = load_fasttext(path, false, &model);
  if (!status.is_ok()) {
    CHECK(status.message().find(path) == 0);
    return false;
  }
  std::vector<float> vector(static_cast<size_t>(model->args.dim));
  FastTextModel::Scores scores;
  for (const char* text : {"one", "caf\xC3\xA9 two five six", "", "</s>", "__label__a one"}) {
    static_cast<void>(model->word_vector(text, vector.data()).is_ok());
    static_cast<void>(model->sentence_vector(text, vector.data()).is_ok());
    if (model->supervised()) static_cast<void>(model->predict(text, 3, 0, &scores).is_ok());
    static_cast<void>(model->nearest(vector.data(), 3, {"one"}, &scores).is_ok());
  }
  return true;
}

}  // namespace

TEST_CASE("fastText files with wrong bytes are refused or stay within their bounds") {
  const std::string path = temporary();
  for (const bool quantized : {false, true}) {
    const FastTextLoss loss = quantized ? FastTextLoss::hs : FastTextLoss::softmax;
    std::vector<uint8_t> kept;
    REQUIRE(save_fasttext(*small_model(quantized, loss, &kept), path).is_ok());
    const std::string whole = bytes_of(path);
    CHECK(use(path, whole));
    CHECK_FALSE(use(path, whole + '\0'));
    const size_t centroids = 700;  // what comes before are lengths, counts and words
    for (size_t length = 0; length < whole.size(); length += length < centroids ? 1 : 97) {
      CHECK_FALSE(use(path, whole.substr(0, length)));
    }
    std::mt19937 random(1);
    for (size_t at = 0; at < whole.size(); at += at < centroids ? 1 : 61) {
      for (const int value : {0, 1, 127, 128, 255, static_cast<int>(random() & 255)}) {
        std::string wrong = whole;
        wrong[at] = static_cast<char>(value);
        use(path, wrong);
      }
    }
  }
  std::filesystem::remove(path);
}

TEST_CASE("fastText's hash extends the sign of bytes") {
  CHECK(fasttext_hash("") == 2166136261u);
  CHECK(fasttext_hash("a") == 0xE40C292Cu);
  // (2166136261 ^ 0xFFFFFFC3) * 16777619, then 0xFFFFFFA9
  const uint32_t first = (2166136261u ^ 0xFFFFFFC3u) * 16777619u;
  CHECK(fasttext_hash("\xC3\xA9") == (first ^ 0xFFFFFFA9u) * 16777619u);
}

namespace {

TrainedMatrix weights_of(const std::vector<double>& values) {
  TrainedMatrix weights;
  REQUIRE(weights.allocate(std::ssize(values) / fasttext_steps::kDim, fasttext_steps::kDim).is_ok());
  for (int64_t i = 0; i < std::ssize(values); ++i) {
    weights.row(i / weights.dim())[i % weights.dim()] = static_cast<float>(values[static_cast<size_t>(i)]);
  }
  return weights;
}

void check_near(const TrainedMatrix& got, const std::vector<double>& expected) {
  for (int64_t i = 0; i < std::ssize(expected); ++i) {
    const auto value = static_cast<double>(got.row(i / got.dim())[i % got.dim()]);
    CHECK(std::fabs(value - expected[static_cast<size_t>(i)]) <= 1e-6);
  }
}

const KernelTable& kernels() {
  const IsaChoice* isa = nullptr;
  REQUIRE(selected_isa(&isa).is_ok());
  return *isa->kernels;
}

}  // namespace

TEST_CASE("steps of fastText's training are exact") {
  namespace steps = fasttext_steps;
  for (const IsaChoice& isa : runnable_isas()) {
    CAPTURE(isa.name);
    TrainedMatrix in = weights_of(steps::w_in), out = weights_of(steps::w_out);
    FastTextStep sampling(*isa.kernels, in, out);
    sampling.begin(steps::inputs);
    double loss = 0;
    for (const int32_t row : steps::rows) {
      const float label = row == steps::rows.front() ? 1.0f : 0.0f;
      loss += sampling.logistic_loss(row, label);
      float* const output = out.row(row);
      sampling.logistic({&output, 1}, &label, 0.05f);
    }
    sampling.finish(steps::inputs, false);
    CHECK(loss == doctest::Approx(steps::kSamplingLoss).epsilon(1e-6));
    check_near(in, steps::sampling_in);
    check_near(out, steps::sampling_out);

    in = weights_of(steps::w_in);
    out = weights_of(steps::classes_out);
    FastTextStep softmax(*isa.kernels, in, out);
    softmax.begin(steps::inputs);
    CHECK(softmax.softmax_loss(2) == doctest::Approx(steps::kSoftmaxLoss).epsilon(1e-6));
    softmax.softmax(2, 0.1f);
    softmax.finish(steps::inputs, true);
    check_near(in, steps::softmax_in);
    check_near(out, steps::softmax_out);
  }
}

TEST_CASE("classifiers learn labels that words give away, with each loss, and the same bits each time") {
  std::string text;
  for (int i = 0; i < 600; ++i) {
    const std::string label = std::to_string(i % 3);
    text += "__label__" + label + " word" + label + " noise" + std::to_string(i % 7) + "\n";
  }
  for (const FastTextLoss loss : {FastTextLoss::softmax, FastTextLoss::ns, FastTextLoss::hs, FastTextLoss::ova}) {
    std::vector<std::shared_ptr<const FastTextModel>> models(2);
    for (auto& model : models) {
      int64_t done = 0, stop = 0;
      FastTextTraining training{
          {}, 0, 0.5, 7, 1, kernels(), std::atomic_ref<int64_t>(done), std::atomic_ref<int64_t>(stop)};
      training.args.model = FastTextKind::sup;
      training.args.loss = loss;
      training.args.dim = 20;
      training.args.bucket = 100;
      training.args.word_ngrams = 2;
      training.args.min_count = 1;
      training.args.maxn = 0;
      REQUIRE(train_supervised(training, text, "lines", &model).is_ok());
      CHECK(done == 600 * 4 * 5);
      FastTextModel::Scores scores;
      for (const char* digit : {"0", "1", "2"}) {
        REQUIRE(model->predict(std::string("word") + digit + " noise3", 1, 0, &scores).is_ok());
        CHECK(model->dictionary.entries.word(model->dictionary.nwords + scores.front().second) ==
              std::string("__label__") + digit);
      }
    }
    const size_t bytes = static_cast<size_t>(models[0]->input.rows * 20 * 4);
    CHECK(std::memcmp(models[0]->input.values, models[1]->input.values, bytes) == 0);
  }
}

// 12 words that come by turns in lines of 3 to 9, some of them with n-grams in common.
static std::string corpus_of_words() {
  RandomStream random(5);
  std::string text;
  for (int line = 0; line < 400; ++line) {
    const uint32_t length = 3 + random.below(7);
    for (uint32_t i = 0; i < length; ++i) {
      const uint32_t word = random.below(12);
      text += std::string(1, static_cast<char>('a' + word)) + (word % 3 == 0 ? "ing " : "est ");
    }
    text += '\n';
  }
  return text;
}

TEST_CASE("training of words in fast mode changes what exact mode changes, where the order of steps hardly counts") {
  const std::string text = corpus_of_words();
  for (const FastTextKind kind : {FastTextKind::sg, FastTextKind::cbow}) {
    CAPTURE(static_cast<int>(kind));
    FastTextArgs args;
    args.model = kind;
    args.loss = FastTextLoss::hs;  // nothing is drawn
    args.dim = 20;
    args.bucket = 50;
    args.min_count = 1;
    args.t = 0;  // every word counts: both draw the same windows
    std::shared_ptr<const FastTextModel> models[2];
    for (const bool exact : {false, true}) {
      FastTextTrainer trainer(args, exact, 3, kernels());
      trainer.count(text);
      REQUIRE(trainer.build().is_ok());
      trainer.set_schedule({1e-3f, 1e-3f, trainer.words_counted(), 0});
      CHECK(trainer.train(text, 1).is_ok());
      REQUIRE(trainer.finish(&models[exact]).is_ok());
    }
    // Outputs begin at zero: what they hold is what was learnt.
    const auto& [fast, exact] = models;
    double miss = 0, all = 0;
    for (int64_t i = 0; i < fast->output.rows * 20; ++i) {
      float a = 0, b = 0;
      std::memcpy(&a, fast->output.values + i * 4, 4);
      std::memcpy(&b, exact->output.values + i * 4, 4);
      miss += std::pow(double{a} - double{b}, 2);
      all += std::pow(double{b}, 2);
    }
    CHECK(all > 0);
    CHECK(std::sqrt(miss / all) < 0.002);
  }
}
