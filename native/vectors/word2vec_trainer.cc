#include "word2vec_trainer.h"

#include <algorithm>

#include "../core/aligned_memory.h"

namespace vectral {
namespace {

// Context words that share noise words: with all of a window the noise is too much alike (planted pairs: 0.813 for
// 0.82).
constexpr size_t kSharedNoise = 4;

}  // namespace

void word2vec_exact_step(const KernelTable& kernels, const float* hidden, float* const* outputs, const float* labels,
                         int64_t n, float rate, int64_t dim, float* error) {
  std::fill_n(error, dim, 0.0f);
  float scores[kWordStepOutputs];
  for (int64_t o = 0; o < n; ++o) {
    kernels.word_step(&hidden, &error, 1, outputs + o, labels + o, 1, rate, dim, scores);
  }
}

// Files and callers know words as text.
Status Word2VecTrainer::begin() { return vocabulary().check_utf8(); }

// What one thread does with a sentence.
class Word2VecTrainer::Worker : public Learner {
 public:
  Worker(Word2VecTrainer& trainer, RandomStream& random)
      : Learner(trainer, random),
        t_(trainer),
        hidden_(trainer.inputs_.stride() * 4),
        error_(trainer.inputs_.stride() * 4) {}

 private:
  void learn(const std::vector<int32_t>& sentence, float rate) override {
    rate_ = rate;
    const auto length = std::ssize(sentence);
    for (int64_t i = 0; i < length; ++i) {
      const int64_t width = draw_width();
      context_.clear();
      for (int64_t j = std::max<int64_t>(0, i - width); j <= std::min(length - 1, i + width); ++j) {
        if (j != i) context_.push_back(t_.inputs_.row(sentence[static_cast<size_t>(j)]));
      }
      if (context_.empty()) continue;
      if (t_.options_.skip_gram) {
        skip_gram(sentence[static_cast<size_t>(i)]);
      } else {
        cbow(sentence[static_cast<size_t>(i)]);
      }
    }
  }

  // The rows that score `word`, and what they should say.
  void choose_outputs(int32_t word) {
    outputs_.clear();
    labels_.clear();
    if (t_.options_.negative == 0) {
      t_.codes_.walk(word, [this](int32_t node, uint8_t turn) {
        outputs_.push_back(t_.outputs_.row(node));
        labels_.push_back(turn == 0 ? 1.0f : 0.0f);
      });
      return;
    }
    outputs_.push_back(t_.outputs_.row(word));
    labels_.push_back(1);
    for (int32_t i = 0; i < t_.options_.negative; ++i) {
      float* const row = t_.outputs_.row(t_.noise_.draw(random_));
      // The word itself is passed over, not drawn again (word2vec.c); in fast mode a group cannot hold a row twice.
      const bool known =
          t_.options_.exact ? row == outputs_[0] : std::find(outputs_.begin(), outputs_.end(), row) != outputs_.end();
      if (known) continue;
      outputs_.push_back(row);
      labels_.push_back(0);
    }
  }

  void skip_gram(int32_t word) {
    if (!t_.options_.exact) {
      for (size_t begin = 0; begin < context_.size(); begin += kSharedNoise) {
        choose_outputs(word);
        if (begin == 0 && is_measured()) measure(context_[0], outputs_, labels_);
        float* const* const rows = context_.data() + begin;
        step(rows, rows, static_cast<int64_t>(std::min(kSharedNoise, context_.size() - begin)));
      }
      return;
    }
    for (float* const row : context_) {
      choose_outputs(word);
      if (row == context_[0] && is_measured()) measure(row, outputs_, labels_);
      one_by_one(row);
      t_.kernels_.add(row, error(), row, t_.inputs_.stride());
    }
  }

  void cbow(int32_t word) {
    choose_outputs(word);
    std::fill_n(hidden(), t_.inputs_.stride(), 0.0f);
    for (const float* const row : context_) t_.kernels_.add(hidden(), row, hidden(), t_.inputs_.stride());
    if (t_.cbow_mean_)
      t_.kernels_.scale(hidden(), 1 / static_cast<float>(context_.size()), hidden(), t_.inputs_.stride());
    if (is_measured()) measure(hidden(), outputs_, labels_);
    if (t_.options_.exact) {
      one_by_one(hidden());
    } else {
      std::fill_n(error(), t_.inputs_.stride(), 0.0f);
      float *const x = hidden(), *const e = error();
      step(&x, &e, 1);
    }
    // Not divided by the number of words, as in word2vec.c.
    for (float* const row : context_) t_.kernels_.add(row, error(), row, t_.inputs_.stride());
  }

  void one_by_one(float* x) {
    word2vec_exact_step(t_.kernels_, x, outputs_.data(), labels_.data(), static_cast<int64_t>(outputs_.size()), rate_,
                        t_.inputs_.stride(), error());
  }

  void step(float* const* inputs, float* const* changed, int64_t m) {
    scores_.resize(static_cast<size_t>(m * kWordStepOutputs));
    t_.kernels_.word_step(inputs, changed, m, outputs_.data(), labels_.data(), static_cast<int64_t>(outputs_.size()),
                          rate_, t_.inputs_.stride(), scores_.data());
  }

  float* hidden() const { return static_cast<float*>(hidden_.data()); }
  float* error() const { return static_cast<float*>(error_.data()); }

  const Word2VecTrainer& t_;
  AlignedMemory hidden_, error_;
  float rate_ = 0;
  std::vector<float*> context_, outputs_;
  std::vector<float> labels_, scores_;
};

std::unique_ptr<WordTrainer::Learner> Word2VecTrainer::learner(RandomStream& random) {
  return std::make_unique<Worker>(*this, random);
}

Status Word2VecTrainer::vectors(std::shared_ptr<VectorSet>* set) const {
  auto made = std::make_shared<VectorSet>();
  made->words = vocabulary().words;
  made->counts = vocabulary().counts;
  made->vectors.shape.rank = 2;
  made->vectors.shape.dims[0] = size();
  made->vectors.shape.dims[1] = dim();
  std::shared_ptr<Storage> storage;
  if (Status status = check_finite(); !status.is_ok()) return status;
  if (Status status = copy_of(inputs_, &storage); !status.is_ok()) return status;
  made->vectors.storage = storage;
  *set = std::move(made);
  return Status::ok();
}

}  // namespace vectral
