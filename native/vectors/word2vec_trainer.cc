#include "word2vec_trainer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "../core/thread_pool.h"

namespace vectral {
namespace {

constexpr int64_t kRowFloats = 16;  // rows are whole vectors of every instruction set, and whole cache lines
// Context words that share noise words: with all of a window the noise is too much alike (planted pairs: 0.813 for
// 0.82).
constexpr size_t kSharedNoise = 4;
constexpr int64_t kMeasured = 64;           // the loss of one centre in so many is worked out
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
  int64_t least = options_.min_count;
  if (options_.max_final_vocab > 0) least = std::max(least, counts_.least_for(options_.max_final_vocab));
  vocabulary_ = counts_.frequent(least);
  const int64_t different = counts_.words.size();
  counts_ = {};
  if (size() == 0) {
    return Status::error("no word comes " + std::to_string(least) + " times or more among " +
                         std::to_string(different) + " different words; lower minCount or give more text");
  }
  if (Status status = prepare(); !status.is_ok()) return status;
  RandomStream random = RandomStream::of(options_.seed, 0);
  for (int64_t row = 0; row < size(); ++row) {
    for (int64_t c = 0; c < options_.dim; ++c)
      input(row)[c] = (2 * random.unit() - 1) / static_cast<float>(options_.dim);
  }
  return Status::ok();
}

Status Word2VecTrainer::restore(WordCounts vocabulary, const float* inputs, const float* outputs,
                                const std::vector<uint64_t>& states) {
  vocabulary_ = std::move(vocabulary);
  if (Status status = prepare(); !status.is_ok()) return status;
  for (int64_t row = 0; row < size(); ++row) {
    std::copy_n(inputs + row * options_.dim, options_.dim, input(row));
    std::copy_n(outputs + row * options_.dim, options_.dim, output(row));
  }
  for (const uint64_t state : states) streams_.emplace_back(state);
  return Status::ok();
}

Status Word2VecTrainer::prepare() {
  keep_ = keep_probabilities(vocabulary_.counts, options_.sample);
  if (options_.negative > 0) {
    noise_ = AliasTable(noise_weights(vocabulary_.counts, options_.noise_exponent));
  } else {
    codes_ = huffman_codes(vocabulary_.counts);
  }
  const int64_t bytes = size() * stride_ * static_cast<int64_t>(sizeof(float));
  inputs_ = AlignedMemory(bytes);
  outputs_ = AlignedMemory(bytes);
  if (inputs_.data() == nullptr || outputs_.data() == nullptr) return Status::error("not enough memory");
  std::memset(inputs_.data(), 0, static_cast<size_t>(bytes));
  std::memset(outputs_.data(), 0, static_cast<size_t>(bytes));
  return Status::ok();
}

void Word2VecTrainer::set_schedule(const Word2VecSchedule& schedule) {
  schedule_ = schedule;
  trained_ = schedule.trained;
}

int64_t Word2VecTrainer::known(std::string_view text) const {
  int64_t n = 0;
  each_word(text, [&](std::string_view word) { n += vocabulary_.words.find(word) != WordTable::kNone; });
  return n;
}

float Word2VecTrainer::rate() const {
  const double all = static_cast<double>(std::max<int64_t>(schedule_.words, 1));
  const double progress = std::min(1.0, static_cast<double>(words_trained()) / all);
  return static_cast<float>(schedule_.alpha - (schedule_.alpha - schedule_.min_alpha) * progress);
}

double Word2VecTrainer::take_loss() {
  const double mean = measured_ > 0 ? loss_ / static_cast<double>(measured_) : std::nan("");
  loss_ = 0;
  measured_ = 0;
  return mean;
}

std::vector<uint64_t> Word2VecTrainer::stream_states() const {
  std::vector<uint64_t> states;
  for (const RandomStream& stream : streams_) states.push_back(stream.state());
  return states;
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
    const std::lock_guard<std::mutex> lock(t_.loss_mutex_);
    t_.loss_ += loss_;
    t_.measured_ += measured_;
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

  // -log p of what the outputs chosen should say to `x`, for one centre in kMeasured.
  void measure(const float* x) {
    if (centres_++ % kMeasured != 0) return;
    for (size_t o = 0; o < outputs_.size(); ++o) {
      const double score = std::inner_product(x, x + t_.stride_, outputs_[o], 0.0);
      loss_ += std::log1p(std::exp(labels_[o] == 1 ? -score : score));
    }
    ++measured_;
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
        if (begin == 0) measure(context_[0]);
        float* const* const rows = context_.data() + begin;
        step(rows, rows, static_cast<int64_t>(std::min(kSharedNoise, context_.size() - begin)));
      }
      return;
    }
    for (float* const row : context_) {
      choose_outputs(word);
      if (row == context_[0]) measure(row);
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
    measure(hidden());
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
  int64_t words_ = 0, centres_ = 0, measured_ = 0;
  double loss_ = 0;
  std::vector<int32_t> sentence_;
  std::vector<float*> context_, outputs_;
  std::vector<float> labels_, scores_;
};

void Word2VecTrainer::train(std::string_view text, int threads) {
  // A stream for each thread goes on from batch to batch: with one thread, how the text was cut makes no difference.
  while (static_cast<int>(streams_.size()) < threads)
    streams_.push_back(RandomStream::of(options_.seed, streams_.size() + 1));
  // Parts end at ends of lines, or inside one that is longer than its part.
  const auto cut = [&](int part, int parts) {
    if (part == 0) return size_t{0};
    if (part == parts) return text.size();
    const size_t share = text.size() / static_cast<size_t>(parts), near = share * static_cast<size_t>(part);
    const size_t line = text.find('\n', near);
    return std::min(line < near + share ? line : text.find(' ', near), text.size());
  };
  ThreadPool::instance().run(threads, [&](int thread, int count, bool) {
    Worker worker(*this, streams_[static_cast<size_t>(thread)]);
    const size_t begin = cut(thread, count);
    worker.read(text.substr(begin, cut(thread + 1, count) - begin));
  });
}

Status Word2VecTrainer::rows_of(const AlignedMemory& matrix, std::shared_ptr<Storage>* copy) const {
  const std::shared_ptr<Storage> storage =
      Storage::allocate(size() * options_.dim * static_cast<int64_t>(sizeof(float)));
  if (storage == nullptr) return Status::error("not enough memory for a copy of what was learnt");
  for (int64_t row = 0; row < size(); ++row) {
    const float* const from = static_cast<const float*>(matrix.data()) + row * stride_;
    if (!std::all_of(from, from + options_.dim, [](float x) { return std::isfinite(x); })) {
      return Status::error("the vectors grew beyond all bounds; lower alpha");
    }
    std::copy_n(from, options_.dim, static_cast<float*>(storage->data()) + row * options_.dim);
  }
  *copy = storage;
  return Status::ok();
}

Status Word2VecTrainer::vectors(std::shared_ptr<VectorSet>* set) const {
  auto made = std::make_shared<VectorSet>();
  made->words = vocabulary_.words;
  made->counts = vocabulary_.counts;
  made->vectors.shape.rank = 2;
  made->vectors.shape.dims[0] = size();
  made->vectors.shape.dims[1] = options_.dim;
  std::shared_ptr<Storage> storage;
  if (Status status = rows_of(inputs_, &storage); !status.is_ok()) return status;
  made->vectors.storage = storage;
  *set = std::move(made);
  return Status::ok();
}

}  // namespace vectral
