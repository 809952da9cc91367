#include "word_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "../core/thread_pool.h"

namespace vectral {
namespace {

constexpr size_t kShareBytes = 32768;  // of text that a thread takes at once

// Where shares of the text begin and end: at ends of lines, or inside a line that is longer than its share. A word that
// is longer than several leaves some of them empty.
std::vector<size_t> cut(std::string_view text, size_t shares) {
  const size_t bytes = text.size() / shares;
  std::vector<size_t> cuts{0};
  for (size_t share = 1; share < shares; ++share) {
    const size_t near = bytes * share;
    size_t end = cuts.back();
    if (near > end) {
      const size_t line = text.substr(near, bytes).find('\n');
      end = line != std::string_view::npos ? near + line + 1 : std::min(text.find_first_of(" \n", near), text.size());
    }
    cuts.push_back(end);
  }
  cuts.push_back(text.size());
  return cuts;
}

}  // namespace

Status WordTrainer::build() {
  WordCounts vocabulary;
  const Status made = counts_.vocabulary(options_.min_count, options_.max_final_vocab, &vocabulary);
  counts_ = {};
  if (!made.is_ok()) return made;
  if (Status status = prepare(std::move(vocabulary)); !status.is_ok()) return status;
  inputs_.fill(options_.seed, 1);
  return Status::ok();
}

Status WordTrainer::prepare(WordCounts vocabulary) {
  vocabulary_ = std::move(vocabulary);
  if (vocabulary_.total > HuffmanTree::kMostCounts) return Status::error("the counts of the words are too large");
  if (!options_.end_of_line.empty()) end_ = vocabulary_.words.find(options_.end_of_line);
  if (Status status = begin(); !status.is_ok()) return status;
  if (Status status = inputs_.allocate(input_rows(), dim()); !status.is_ok()) return status;
  if (Status status = outputs_.allocate(size(), dim()); !status.is_ok()) return status;
  keep_ = keep_probabilities(vocabulary_.counts, options_.sample);
  if (options_.negative > 0) {
    noise_ = AliasTable(noise_weights(vocabulary_.counts, options_.noise_exponent));
    return Status::ok();
  }
  HuffmanTree tree;
  tree.build(vocabulary_.counts.data(), size());
  codes_ = huffman_codes(tree);
  return Status::ok();
}

void WordTrainer::set_schedule(const TrainingSchedule& schedule) {
  schedule_ = schedule;
  trained_ = schedule.trained;
}

int64_t WordTrainer::known(std::string_view text) const {
  int64_t n = 0;
  each_word(text, [&](std::string_view word) { n += vocabulary_.words.find(word) != WordTable::kNone; });
  return end_ == WordTable::kNone ? n : n + std::count(text.begin(), text.end(), '\n');
}

float WordTrainer::rate() const {
  const double all = static_cast<double>(std::max<int64_t>(schedule_.words, 1));
  const double progress = std::min(1.0, static_cast<double>(words_trained()) / all);
  return static_cast<float>(schedule_.alpha - (schedule_.alpha - schedule_.min_alpha) * progress);
}

double WordTrainer::take_loss() {
  const double mean = measured_ > 0 ? loss_ / static_cast<double>(measured_) : std::nan("");
  loss_ = 0;
  measured_ = 0;
  return mean;
}

Status WordTrainer::restore(WordCounts vocabulary, const Tensor& inputs, const Tensor& outputs,
                            const std::vector<uint64_t>& streams) {
  const auto fits = [this](const Tensor& tensor, int64_t rows) {
    return tensor.dtype == DType::f32 && tensor.shape.rank == 2 && tensor.shape.dims[0] == rows &&
           tensor.shape.dims[1] == dim();
  };
  const int64_t words = vocabulary.words.size();
  // Before memory is asked for as much as the settings say.
  if (words == 0 || std::ssize(vocabulary.counts) != words || !fits(outputs, words) || inputs.shape.dims[0] < words) {
    return Status::error("words, counts, vectors and outputs must be as many, and as wide as vectors are to be");
  }
  vocabulary_ = std::move(vocabulary);
  if (!fits(inputs, input_rows())) {
    return Status::error("vectors must be " + std::to_string(input_rows()) + " rows of " + std::to_string(dim()));
  }
  if (Status status = prepare(std::move(vocabulary_)); !status.is_ok()) return status;
  if (!inputs_.take(static_cast<const float*>(inputs.storage->data())) ||
      !outputs_.take(static_cast<const float*>(outputs.storage->data()))) {
    return Status::error("vectors and outputs must be finite numbers");
  }
  for (const uint64_t state : streams) streams_.emplace_back(state);
  return Status::ok();
}

Status WordTrainer::state(TrainingState* state) const {
  if (Status status = check_finite(); !status.is_ok()) return status;
  if (Status status = copy_of(inputs_, &state->inputs); !status.is_ok()) return status;
  if (Status status = copy_of(outputs_, &state->outputs); !status.is_ok()) return status;
  state->input_rows = inputs_.rows();
  for (const RandomStream& stream : streams_) state->streams.push_back(stream.state());
  return Status::ok();
}

Status WordTrainer::check_finite() const {
  if (inputs_.finite() && outputs_.finite()) return Status::ok();
  return Status::error("the vectors grew beyond all bounds; lower the learning rate");
}

Status WordTrainer::copy_of(const TrainedMatrix& matrix, std::shared_ptr<Storage>* copy) {
  *copy = matrix.copy();
  return *copy != nullptr ? Status::ok() : Status::error("not enough memory for a copy of what was learnt");
}

void WordTrainer::Learner::read(std::string_view text) {
  const WordTrainer& t = trainer_;
  const auto take = [&](int32_t place) {
    ++words_;
    if (random_.unit() < t.keep_[static_cast<size_t>(place)]) sentence_.push_back(place);
    if (sentence_.size() == t.options_.longest_sentence || place == t.end_) learn_sentence();
  };
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    each_word(text.substr(begin, end - begin), [&](std::string_view word) {
      const int32_t place = t.vocabulary_.words.find(word);
      if (place != WordTable::kNone) take(place);
    });
    if (t.end_ != WordTable::kNone && end < text.size()) take(t.end_);
    learn_sentence();
    begin = end + 1;
  }
}

// At the rate that progress so far gives.
void WordTrainer::Learner::learn_sentence() {
  if (!sentence_.empty()) learn(sentence_, trainer_.rate());
  trainer_.trained_.fetch_add(words_, std::memory_order_relaxed);
  words_ = 0;
  sentence_.clear();
}

int64_t WordTrainer::Learner::draw_width() {
  const auto window = static_cast<uint32_t>(trainer_.options_.window);
  return trainer_.options_.window -
         (trainer_.options_.shrink_windows ? static_cast<int64_t>(random_.below(window)) : 0);
}

void WordTrainer::Learner::measure(const float* input, const std::vector<float*>& outputs,
                                   const std::vector<float>& labels) {
  for (size_t o = 0; o < outputs.size(); ++o) {
    const double score = std::inner_product(input, input + trainer_.inputs_.stride(), outputs[o], 0.0);
    loss_ += std::log1p(std::exp(labels[o] == 1 ? -score : score));
  }
  ++measured_;
}

Status WordTrainer::train(std::string_view text, int threads) {
  // A stream for each thread goes on from batch to batch: with one thread, how the text was cut makes no difference.
  while (static_cast<int>(streams_.size()) < threads)
    streams_.push_back(RandomStream::of(options_.seed, streams_.size() + 1));
  std::vector<std::unique_ptr<Learner>> parts;
  for (size_t thread = 0; thread < static_cast<size_t>(threads); ++thread) {
    parts.push_back(learner(streams_[thread]));
    if (parts.back() == nullptr) {
      return Status::error("not enough memory for windows of " + std::to_string(options_.window) +
                           " words to each side in " + std::to_string(threads) + " threads; lower one of them");
    }
  }
  const std::vector<size_t> cuts = cut(text, threads > 1 ? text.size() / kShareBytes + 1 : 1);
  std::atomic<size_t> next{0};
  ThreadPool::instance().run(threads, [&](int thread, int, bool) {
    const std::unique_ptr<Learner>& part = parts[static_cast<size_t>(thread)];
    for (size_t share; (share = next.fetch_add(1, std::memory_order_relaxed)) + 1 < cuts.size();) {
      part->read(text.substr(cuts[share], cuts[share + 1] - cuts[share]));
    }
  });
  for (const std::unique_ptr<Learner>& part : parts) {
    loss_ += part->loss();
    measured_ += part->measured();
  }
  return Status::ok();
}

}  // namespace vectral
