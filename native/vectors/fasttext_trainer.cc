#include "fasttext_trainer.h"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "../core/aligned_memory.h"
#include "fasttext_step.h"

namespace vectral {
namespace {

// Targets of a word that share noise, which then counts for each of them. With four, analogies fall from 0.348 right to
// 0.313 (docs/adr/021).
constexpr size_t kSharedNoise = 2;

WordTrainerOptions trainer_options(const FastTextArgs& args, bool exact, uint64_t seed) {
  WordTrainerOptions options;
  options.dim = args.dim;
  options.window = args.ws;
  options.min_count = args.min_count;
  options.end_of_line = kEndOfLine;
  options.longest_sentence = 1024;
  options.sample = args.t;
  options.skip_gram = args.model == FastTextKind::sg;
  options.negative = args.loss == FastTextLoss::ns ? args.neg : 0;
  options.noise_exponent = 0.5;
  options.exact = exact;
  options.seed = seed;
  return options;
}

}  // namespace

FastTextTrainer::FastTextTrainer(const FastTextArgs& args, bool exact, uint64_t seed, const KernelTable& kernels)
    : WordTrainer(trainer_options(args, exact, seed), kernels), args_(args) {
  if (!args_.hashes()) args_.bucket = 0;
}

Status FastTextTrainer::begin() {
  if (input_rows() > std::numeric_limits<int32_t>::max()) {
    return Status::error("words and buckets are more than 2^31 rows; lower bucket");
  }
  dictionary_.entries = vocabulary().words;
  dictionary_.nwords = size();
  dictionary_.counts = vocabulary().counts;
  dictionary_.ntokens = words_counted();
  rows_ = dictionary_.rows_of_words(args_);
  return Status::ok();
}

// What one thread does with a sentence.
class FastTextTrainer::Worker : public Learner {
 public:
  Worker(FastTextTrainer& trainer, RandomStream& random)
      : Learner(trainer, random),
        t_(trainer),
        kernels_(trainer.kernels_),
        stride_(trainer.inputs_.stride()),
        step_(trainer.kernels_, trainer.inputs_, trainer.outputs_),
        // Only CBOW in fast mode keeps a window.
        slots_(trainer.options_.skip_gram || trainer.options_.exact ? 0 : 2 * trainer.options_.window + 1),
        hidden_(stride_ * 4),
        change_(stride_ * 4),
        sums_(slots_ * stride_ * 4),
        changes_(slots_ * stride_ * 4),
        scores_(kWordStepOutputs) {}

  bool has_memory() const { return sums_.data() != nullptr && changes_.data() != nullptr; }

 private:
  void learn(const std::vector<int32_t>& sentence, float rate) override {
    sentence_ = sentence;
    rate_ = rate;
    const auto length = std::ssize(sentence);
    for (int64_t i = 0; i < length; ++i) {
      const int64_t width = draw_width(), first = std::max<int64_t>(0, i - width),
                    last = std::min(length - 1, i + width);
      if (first == last) continue;  // a word alone
      if (t_.options_.exact) {
        exact(i, first, last);
      } else if (t_.options_.skip_gram) {
        skip_gram(i, first, last);
      } else {
        cbow(i, first, last);
      }
    }
    while (left_ < entered_) leave(left_++);
    left_ = entered_ = 0;
  }

  // The rows that score `target`, and what they should say.
  void choose_outputs(int32_t target) {
    outputs_.clear();
    labels_.clear();
    if (t_.options_.negative > 0) {
      add_output(target, 1);
      for (int32_t i = 0; i < t_.options_.negative; ++i) add_noise();
      return;
    }
    // 1 to the right, where word2vec.c has 0.
    t_.codes_.walk(target, [this](int32_t node, uint8_t turn) { add_output(node, turn); });
  }

  void add_output(int32_t row, float label) {
    outputs_.push_back(t_.outputs_.row(row));
    labels_.push_back(label);
  }

  // The target is drawn anew where it comes; what comes twice counts twice in exact mode, where rows are changed one
  // after another, and once in fast mode.
  void add_noise() {
    if (t_.size() == 1) return;
    float* row = outputs_[0];
    while (row == outputs_[0]) row = t_.outputs_.row(static_cast<int32_t>(t_.noise_.draw(random_)));
    if (!t_.options_.exact && std::find(outputs_.begin(), outputs_.end(), row) != outputs_.end()) return;
    outputs_.push_back(row);
    labels_.push_back(0);
  }

  // fastText's own order: a step for each target, which changes all rows at once.
  void exact(int64_t i, int64_t first, int64_t last) {
    rows_.clear();
    if (t_.options_.skip_gram) {
      for (int64_t j = first; j <= last; ++j) {
        if (j != i) exact_step(t_.rows_.of(word(i)), word(j));
      }
      return;
    }
    for (int64_t j = first; j <= last; ++j) {
      const std::span<const int32_t> rows = t_.rows_.of(word(j));
      if (j != i) rows_.insert(rows_.end(), rows.begin(), rows.end());
    }
    exact_step(rows_, word(i));
  }

  void exact_step(std::span<const int32_t> rows, int32_t target) {
    choose_outputs(target);
    step_.begin(rows);
    if (is_measured()) measure(step_.hidden(), outputs_, labels_);
    for (size_t o = 0; o < outputs_.size(); ++o) step_.logistic({&outputs_[o], 1}, &labels_[o], rate_);
    step_.finish(rows, false);
  }

  // All targets of a word move its vector; its rows get the whole change at the end. That is the same unless it has a
  // row twice: the mean of rows moves by as much as each of them.
  void skip_gram(int64_t i, int64_t first, int64_t last) {
    const std::span<const int32_t> rows = t_.rows_.of(word(i));
    gather_mean(t_.inputs_.row(0), rows, std::ssize(rows));
    const float* const change = change_by([&] {
      for (int64_t j = first; j <= last;) j = predict(i, j, last);
    });
    kernels_.scatter_rows(change, nullptr, t_.inputs_.row(0), stride_, rows.data(), std::ssize(rows), stride_);
  }

  // By how much the work moves the hidden vector.
  template <typename Work>
  const float* change_by(const Work& work) {
    float* const change = static_cast<float*>(change_.data());
    std::copy_n(hidden(), stride_, change);
    work();
    for (int64_t c = 0; c < stride_; ++c) change[c] = hidden()[c] - change[c];
    return change;
  }

  // Moves the hidden vector of word i towards the next words from j on that share noise; gives where they end.
  int64_t predict(int64_t i, int64_t j, int64_t last) {
    if (t_.options_.negative == 0) {
      if (j == i) return j + 1;
      choose_outputs(word(j));
      if (is_measured()) measure(hidden(), outputs_, labels_);
      move(0, outputs_.size(), rate_);
      return j + 1;
    }
    outputs_.clear();
    labels_.clear();
    for (; j <= last && outputs_.size() < kSharedNoise; ++j) {
      float* const row = t_.outputs_.row(word(j));
      if (std::find(outputs_.begin(), outputs_.end(), row) != outputs_.end()) break;
      if (j != i) add_output(word(j), 1);
    }
    const size_t targets = outputs_.size();
    if (targets == 0) return j;
    for (int32_t k = 0; k < t_.options_.negative; ++k) add_noise();
    if (is_measured()) measure_last_target(targets);
    move(0, targets, rate_);
    move(targets, outputs_.size(), rate_ * static_cast<float>(targets));
    return j;
  }

  // The loss is told of one target with its noise.
  void measure_last_target(size_t targets) {
    const auto skipped = static_cast<int64_t>(targets) - 1;
    measure(hidden(), {outputs_.begin() + skipped, outputs_.end()}, {labels_.begin() + skipped, labels_.end()});
  }

  // A window goes along the sentence: for each of its words the sum of its rows, which is kept up to date, and what
  // they are to change by once the word has left.
  void cbow(int64_t i, int64_t first, int64_t last) {
    const int64_t window = t_.options_.window;
    while (left_ < i - window) leave(left_++);
    while (entered_ <= std::min(i + window, std::ssize(sentence_) - 1)) enter(entered_++);
    rows_.clear();
    counts_.clear();
    float count = 0;
    for (int64_t j = first; j <= last; ++j) {
      if (j == i) continue;
      rows_.push_back(static_cast<int32_t>(j % slots_));
      counts_.push_back(static_cast<float>(t_.rows_.of(word(j)).size()));
      count += counts_.back();
    }
    const auto n = std::ssize(rows_);
    gather_mean(slot(sums_, 0), rows_, count);
    choose_outputs(word(i));
    if (is_measured()) measure(hidden(), outputs_, labels_);
    const float* const change = change_by([&] { move(0, outputs_.size(), rate_); });
    kernels_.scatter_rows(change, nullptr, slot(changes_, 0), stride_, rows_.data(), n, stride_);
    kernels_.scatter_rows(change, counts_.data(), slot(sums_, 0), stride_, rows_.data(), n, stride_);
  }

  void enter(int64_t j) {
    const std::span<const int32_t> rows = t_.rows_.of(word(j));
    kernels_.gather_rows(t_.inputs_.row(0), stride_, rows.data(), std::ssize(rows), stride_, slot(sums_, j));
    std::fill_n(slot(changes_, j), stride_, 0.0f);
  }

  void leave(int64_t j) {
    const std::span<const int32_t> rows = t_.rows_.of(word(j));
    kernels_.scatter_rows(slot(changes_, j), nullptr, t_.inputs_.row(0), stride_, rows.data(), std::ssize(rows),
                          stride_);
  }

  void gather_mean(const float* matrix, std::span<const int32_t> rows, float count) {
    kernels_.gather_rows(matrix, stride_, rows.data(), std::ssize(rows), stride_, hidden());
    kernels_.scale(hidden(), 1 / count, hidden(), stride_);
  }

  // A step of some of the outputs that moves the hidden vector itself.
  void move(size_t begin, size_t end, float rate) {
    float* const x = hidden();
    kernels_.word_step(&x, &x, 1, outputs_.data() + begin, labels_.data() + begin, static_cast<int64_t>(end - begin),
                       rate, stride_, scores_.data());
  }

  int32_t word(int64_t i) const { return sentence_[static_cast<size_t>(i)]; }
  float* hidden() const { return static_cast<float*>(hidden_.data()); }
  float* slot(const AlignedMemory& ring, int64_t j) const {
    return static_cast<float*>(ring.data()) + j % slots_ * stride_;
  }

  const FastTextTrainer& t_;
  const KernelTable& kernels_;
  const int64_t stride_;
  FastTextStep step_;
  const int64_t slots_;
  AlignedMemory hidden_, change_, sums_, changes_;
  std::span<const int32_t> sentence_;
  float rate_ = 0;
  int64_t entered_ = 0, left_ = 0;  // words of the sentence that came into the window, and that left it
  std::vector<int32_t> rows_;
  std::vector<float*> outputs_;
  std::vector<float> labels_, counts_, scores_;
};

std::unique_ptr<WordTrainer::Learner> FastTextTrainer::learner(RandomStream& random) {
  auto worker = std::make_unique<Worker>(*this, random);
  return worker->has_memory() ? std::move(worker) : nullptr;
}

Status FastTextTrainer::finish(std::shared_ptr<const FastTextModel>* model) {
  if (!inputs_.finite() || !outputs_.finite()) return Status::error("the vectors grew beyond all bounds; lower lr");
  const auto made = std::make_shared<FastTextModel>();
  made->args = args_;
  made->dictionary = std::move(dictionary_);
  made->input = FastTextMatrix::of(&inputs_);
  made->output = FastTextMatrix::of(&outputs_);
  *model = made;
  return Status::ok();
}

}  // namespace vectral
