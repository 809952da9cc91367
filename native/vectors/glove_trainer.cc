#include "glove_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../core/thread_pool.h"

namespace vectral {
namespace {

constexpr size_t kStepPairs = size_t{1} << 20;

}  // namespace

GloveTrainer::GloveTrainer(const GloveOptions& options, const KernelTable& kernels)
    : options_(options), kernels_(kernels), random_(RandomStream::of(options.cooccurrence.seed, 1)) {}

Status GloveTrainer::build() {
  const Status made = counts_.vocabulary(options_.min_count, options_.max_vocab, &vocabulary_);
  counts_ = {};
  if (!made.is_ok()) return made;
  if (Status status = vocabulary_.check_utf8(); !status.is_ok()) return status;
  const int64_t words = vocabulary_.words.size();
  RandomStream random = RandomStream::of(options_.cooccurrence.seed, 0);
  const auto begin = [&] { return (random.unit() - 0.5f) / static_cast<float>(options_.dim); };
  for (const Matrix matrix : {kWords, kContexts, kWordSquares, kContextSquares}) {
    const bool squares = matrix == kWordSquares || matrix == kContextSquares;
    if (Status status = matrices_[matrix].allocate(words, options_.dim); !status.is_ok()) return status;
    if (squares) std::fill_n(row(matrix, 0), words * matrices_[matrix].stride(), 1.0f);
    biases_[matrix].assign(static_cast<size_t>(words), 1.0f);
    for (int64_t place = 0; !squares && place < words; ++place) {
      std::generate_n(row(matrix, place), options_.dim, begin);
      biases_[matrix][static_cast<size_t>(place)] = begin();
    }
  }
  counter_ = std::make_unique<CooccurrenceCounter>(options_.cooccurrence, vocabulary_.words);
  return Status::ok();
}

Status GloveTrainer::gather() {
  Status status = records_.gather(counter_.get());
  counter_.reset();
  return status;
}

float GloveTrainer::step(int32_t word, int32_t context, float x, double* loss) {
  const auto w = static_cast<size_t>(word), c = static_cast<size_t>(context);
  float &bias = biases_[kWords][w], &other = biases_[kContexts][c];
  float &square = biases_[kWordSquares][w], &other_square = biases_[kContextSquares][c];
  const float weight = x > options_.x_max ? 1.0f : std::pow(x / options_.x_max, options_.alpha);
  const float miss = kernels_.glove_step(row(kWords, word), row(kWordSquares, word), row(kContexts, context),
                                         row(kContextSquares, context), bias + other - std::log(x), weight,
                                         options_.eta, options_.clip, matrices_[kWords].stride());
  const float g = options_.eta * weight * miss;
  bias -= g / std::sqrt(square);
  other -= g / std::sqrt(other_square);
  square += g * g;
  other_square += g * g;
  *loss += 0.5 * weight * miss * miss;
  return miss;
}

Status GloveTrainer::next_pairs(std::span<const Cooccurrence>* pairs) {
  if (records_.size() == 0) return Status::error("no two words come together; give sentences of two words or more");
  if (next_ == part_.size()) {
    if (order_.empty()) {
      order_.resize(static_cast<size_t>(records_.parts()));
      std::iota(order_.begin(), order_.end(), 0);
      for (size_t i = order_.size(); i > 1; --i) {
        std::swap(order_[i - 1], order_[random_.below(static_cast<uint32_t>(i))]);
      }
    }
    if (Status status = records_.load(order_.back(), &random_, &part_); !status.is_ok()) return status;
    order_.pop_back();
    next_ = 0;
  }
  *pairs = {part_.data() + next_, std::min(kStepPairs, part_.size() - next_)};
  next_ += pairs->size();
  trained_ += std::ssize(*pairs);
  return Status::ok();
}

Status GloveTrainer::skip() {
  std::span<const Cooccurrence> pairs;
  return next_pairs(&pairs);
}

Status GloveTrainer::train(int threads) {
  std::span<const Cooccurrence> pairs;
  if (Status status = next_pairs(&pairs); !status.is_ok()) return status;
  const size_t count = pairs.size();
  std::vector<double> losses(static_cast<size_t>(threads), 0);
  ThreadPool::instance().run(threads, [&](int thread, int parts, bool) {
    const auto cut = [&](int part) { return count * static_cast<size_t>(part) / static_cast<size_t>(parts); };
    double loss = 0;
    for (size_t i = cut(thread); i < cut(thread + 1); ++i) step(pairs[i].word, pairs[i].context, pairs[i].count, &loss);
    losses[static_cast<size_t>(thread)] = loss;
  });
  loss_ = std::accumulate(losses.begin(), losses.end(), loss_);
  measured_ += static_cast<int64_t>(count);
  return Status::ok();
}

double GloveTrainer::take_loss() {
  const double mean = measured_ > 0 ? loss_ / static_cast<double>(measured_) : std::nan("");
  loss_ = 0;
  measured_ = 0;
  return mean;
}

Status GloveTrainer::vectors(std::shared_ptr<VectorSet>* set) const {
  auto made = std::make_shared<VectorSet>();
  made->words = vocabulary_.words;
  made->counts = vocabulary_.counts;
  const int64_t words = vocabulary_.words.size();
  made->vectors.shape.rank = 2;
  made->vectors.shape.dims[0] = words;
  made->vectors.shape.dims[1] = options_.dim;
  const std::shared_ptr<Storage> storage =
      Storage::allocate(words * options_.dim * static_cast<int64_t>(sizeof(float)));
  if (storage == nullptr) return Status::error("not enough memory for the vectors");
  auto* y = static_cast<float*>(storage->data());
  for (int64_t place = 0; place < words; ++place, y += options_.dim) {
    std::copy_n(row(kWords, place), options_.dim, y);
    if (options_.sum) kernels_.add(y, row(kContexts, place), y, options_.dim);
    if (!std::all_of(y, y + options_.dim, [](float x) { return std::isfinite(x); }))
      return Status::error("the vectors grew beyond all bounds; lower eta");
  }
  made->vectors.storage = storage;
  *set = std::move(made);
  return Status::ok();
}

}  // namespace vectral
