#include "word2vec_trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "../core/thread_pool.h"

namespace vectral {
namespace {

constexpr int64_t kRowFloats = 16;  // rows are whole vectors of every instruction set, and whole cache lines
// Context words that share noise words: with all of a window the noise is too much alike (planted pairs: 0.813 for
// 0.82).
constexpr size_t kSharedNoise = 4;
constexpr size_t kLongestSentence = 10000;  // longer lines are cut, as gensim cuts them

}  // namespace

void word2vec_exact_step(const KernelTable& kernels, const float* hidden, float* const* outputs, const float* labels,
                         int64_t n, float rate, int64_t dim, float* error) {
  std::fill_n(error, dim, 0.0f);
  float scores[kWordStepOutputs];
  for (int64_t o = 0; o < n; ++o) {
    kernels.word_step(&hidden, &error, 1, outputs + o, labels + o, 1, rate, dim, scores);
  }
}

Word2VecTrainer::Word2VecTrainer(const Word2VecOptions& options, const KernelTable& kernels)
    : options_(options), kernels_(kernels), stride_((options.dim + kRowFloats - 1) / kRowFloats * kRowFloats) {}

Status Word2VecTrainer::build() {
  vocabulary_ = counts_.frequent(options_.min_count);
  const int64_t different = counts_.words.size();
  counts_ = {};
  counted_ = vocabulary_.total;
  if (size() == 0) {
    return Status::error("no word comes " + std::to_string(options_.min_count) + " times or more among " +
                         std::to_string(different) + " different words; lower minCount or give more text");
  }
  keep_ = keep_probabilities(vocabulary_.counts, options_.sample);
  if (options_.negative > 0) {
    std::vector<double> weights;
    for (const int64_t count : vocabulary_.counts) {
      weights.push_back(std::pow(static_cast<double>(count), options_.noise_exponent));
    }
    noise_ = AliasTable(weights);
  } else {
    codes_ = huffman_codes(vocabulary_.counts);
  }
  const int64_t bytes = size() * stride_ * static_cast<int64_t>(sizeof(float));
  inputs_ = AlignedMemory(bytes);
  outputs_ = AlignedMemory(bytes);
  if (inputs_.data() == nullptr || outputs_.data() == nullptr) return Status::error("not enough memory");
  std::memset(inputs_.data(), 0, static_cast<size_t>(bytes));
  std::memset(outputs_.data(), 0, static_cast<size_t>(bytes));
  RandomStream random(options_.seed);
  for (int64_t row = 0; row < size(); ++row) {
    for (int64_t c = 0; c < options_.dim; ++c)
      input(row)[c] = (2 * random.unit() - 1) / static_cast<float>(options_.dim);
  }
  return Status::ok();
}

float Word2VecTrainer::rate() const {
  const double all = static_cast<double>(std::max<int64_t>(counted_ * options_.epochs, 1));
  const double progress = std::min(1.0, static_cast<double>(words_trained()) / all);
  return static_cast<float>(options_.alpha - (options_.alpha - options_.min_alpha) * progress);
}

// One thread's part of a text.
class Word2VecTrainer::Worker {
 public:
  Worker(Word2VecTrainer& trainer, RandomStream& random)
      : t_(trainer), random_(random), hidden_(trainer.stride_ * 4), error_(trainer.stride_ * 4) {}

  void read(std::string_view text) {
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      each_word(text.substr(begin, end - begin), [this](std::string_view word) {
        const int32_t place = t_.vocabulary_.words.find(word);
        if (place == WordTable::kNone) return;
        ++words_;
        if (random_.unit() < t_.keep_[static_cast<size_t>(place)]) sentence_.push_back(place);
        if (sentence_.size() == kLongestSentence) learn();
      });
      learn();
      begin = end + 1;
    }
  }

 private:
  // The sentence, at the rate that progress so far gives.
  void learn() {
    rate_ = t_.rate();
    const auto length = static_cast<int64_t>(sentence_.size());
    for (int64_t i = 0; i < length; ++i) {
      const int32_t shrunk = t_.options_.shrink_windows
                                 ? static_cast<int32_t>(random_.below(static_cast<uint32_t>(t_.options_.window)))
                                 : 0;
      const int64_t width = t_.options_.window - shrunk;
      context_.clear();
      for (int64_t j = std::max<int64_t>(0, i - width); j <= std::min(length - 1, i + width); ++j) {
        if (j != i) context_.push_back(t_.input(sentence_[static_cast<size_t>(j)]));
      }
      if (context_.empty()) continue;
      if (t_.options_.skip_gram) {
        skip_gram(sentence_[static_cast<size_t>(i)]);
      } else {
        cbow(sentence_[static_cast<size_t>(i)]);
      }
    }
    t_.trained_.fetch_add(words_, std::memory_order_relaxed);
    words_ = 0;
    sentence_.clear();
  }

  // The rows that score `word`, and what they should say.
  void choose_outputs(int32_t word) {
    outputs_.clear();
    labels_.clear();
    if (t_.options_.negative == 0) {
      for (int64_t i = t_.codes_.begin[static_cast<size_t>(word)]; i < t_.codes_.begin[static_cast<size_t>(word) + 1];
           ++i) {
        outputs_.push_back(t_.output(t_.codes_.nodes[static_cast<size_t>(i)]));
        labels_.push_back(t_.codes_.bits[static_cast<size_t>(i)] == 0 ? 1.0f : 0.0f);
      }
      return;
    }
    outputs_.push_back(t_.output(word));
    labels_.push_back(1);
    for (int32_t i = 0; i < t_.options_.negative; ++i) {
      float* const row = t_.output(t_.noise_.draw(random_));
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
        float* const* const rows = context_.data() + begin;
        step(rows, rows, static_cast<int64_t>(std::min(kSharedNoise, context_.size() - begin)));
      }
      return;
    }
    for (float* const row : context_) {
      choose_outputs(word);
      one_by_one(row);
      t_.kernels_.add(row, error(), row, t_.stride_);
    }
  }

  void cbow(int32_t word) {
    choose_outputs(word);
    std::fill_n(hidden(), t_.stride_, 0.0f);
    for (const float* const row : context_) t_.kernels_.add(hidden(), row, hidden(), t_.stride_);
    if (t_.options_.cbow_mean)
      t_.kernels_.scale(hidden(), 1 / static_cast<float>(context_.size()), hidden(), t_.stride_);
    if (t_.options_.exact) {
      one_by_one(hidden());
    } else {
      std::fill_n(error(), t_.stride_, 0.0f);
      float *const x = hidden(), *const e = error();
      step(&x, &e, 1);
    }
    // Not divided by the number of words, as in word2vec.c.
    for (float* const row : context_) t_.kernels_.add(row, error(), row, t_.stride_);
  }

  void one_by_one(float* x) {
    word2vec_exact_step(t_.kernels_, x, outputs_.data(), labels_.data(), static_cast<int64_t>(outputs_.size()), rate_,
                        t_.stride_, error());
  }

  void step(float* const* inputs, float* const* changed, int64_t m) {
    scores_.resize(static_cast<size_t>(m * kWordStepOutputs));
    t_.kernels_.word_step(inputs, changed, m, outputs_.data(), labels_.data(), static_cast<int64_t>(outputs_.size()),
                          rate_, t_.stride_, scores_.data());
  }

  float* hidden() const { return static_cast<float*>(hidden_.data()); }
  float* error() const { return static_cast<float*>(error_.data()); }

  Word2VecTrainer& t_;
  RandomStream& random_;
  AlignedMemory hidden_, error_;
  float rate_ = 0;
  int64_t words_ = 0;
  std::vector<int32_t> sentence_;
  std::vector<float*> context_, outputs_;
  std::vector<float> labels_, scores_;
};

void Word2VecTrainer::train(std::string_view text, int threads) {
  // A stream for each thread goes on from batch to batch: with one thread, how the text was cut makes no difference.
  while (static_cast<int>(streams_.size()) < threads)
    streams_.emplace_back(options_.seed + (streams_.size() << 52) + 1);
  // Parts end at ends of lines.
  const auto cut = [&](int part, int parts) {
    if (part == 0) return size_t{0};
    if (part == parts) return text.size();
    return std::min(text.find('\n', text.size() * static_cast<size_t>(part) / static_cast<size_t>(parts)), text.size());
  };
  ThreadPool::instance().run(threads, [&](int thread, int count, bool) {
    Worker worker(*this, streams_[static_cast<size_t>(thread)]);
    const size_t begin = cut(thread, count);
    worker.read(text.substr(begin, cut(thread + 1, count) - begin));
  });
}

Status Word2VecTrainer::vectors(std::shared_ptr<VectorSet>* set) const {
  auto made = std::make_shared<VectorSet>();
  made->words = vocabulary_.words;
  made->counts = vocabulary_.counts;
  made->vectors.shape.rank = 2;
  made->vectors.shape.dims[0] = size();
  made->vectors.shape.dims[1] = options_.dim;
  const std::shared_ptr<Storage> storage =
      Storage::allocate(size() * options_.dim * static_cast<int64_t>(sizeof(float)));
  if (storage == nullptr) return Status::error("not enough memory for the vectors");
  for (int64_t row = 0; row < size(); ++row) {
    if (!std::all_of(input(row), input(row) + options_.dim, [](float x) { return std::isfinite(x); })) {
      return Status::error("the vectors grew beyond all bounds; lower alpha");
    }
    std::copy_n(input(row), options_.dim, static_cast<float*>(storage->data()) + row * options_.dim);
  }
  made->vectors.storage = storage;
  *set = std::move(made);
  return Status::ok();
}

}  // namespace vectral
