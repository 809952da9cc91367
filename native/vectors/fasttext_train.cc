#include "fasttext_train.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "../core/thread_pool.h"
#include "fasttext_step.h"

namespace vectral {
namespace {

// xorshift64* (Vigna 2016): the same numbers with every compiler.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du) { state_ |= state_ == 0; }
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  size_t below(size_t n) { return static_cast<size_t>(unit() * static_cast<double>(n)); }

 private:
  uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Du;
  }
  uint64_t state_;
};

bool is_label(std::string_view token) { return token.substr(0, kLabelPrefix.size()) == kLabelPrefix; }

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Words, then labels, each by falling count; equals in the order in which the text has them.
void count_entries(const FastTextTraining& training, const std::vector<std::string_view>& lines,
                   FastTextDictionary* dictionary) {
  WordTable seen;
  std::vector<int64_t> counts;
  const auto count = [&](std::string_view token) {
    int32_t id = seen.find(token);
    if (id == WordTable::kNone) {
      id = seen.add(token);
      counts.push_back(0);
    }
    ++counts[static_cast<size_t>(id)];
    ++dictionary->ntokens;
  };
  for (const std::string_view line : lines) {
    each_token(line, count);
    count(kEndOfLine);
  }
  std::vector<int32_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    const bool label_a = is_label(seen.word(a)), label_b = is_label(seen.word(b));
    return label_a != label_b ? label_b : counts[static_cast<size_t>(a)] > counts[static_cast<size_t>(b)];
  });
  for (const int32_t id : order) {
    const std::string_view entry = seen.word(id);
    const int64_t times = counts[static_cast<size_t>(id)];
    if (times < (is_label(entry) ? training.min_count_label : training.args.min_count)) continue;
    dictionary->entries.add(entry);
    dictionary->counts.push_back(times);
    if (!is_label(entry)) ++dictionary->nwords;
  }
  dictionary->entries.shrink();
}

Status make_matrix(int64_t rows, int64_t dim, FastTextMatrix* matrix, float** values) {
  int64_t bytes = 0;
  const bool fits = !__builtin_mul_overflow(rows, dim * 4, &bytes);
  const std::shared_ptr<Storage> storage = fits ? Storage::allocate(bytes) : nullptr;
  if (storage == nullptr) {
    return Status::error("not enough memory for a matrix of " + std::to_string(rows) + " rows of " +
                         std::to_string(dim) + " numbers; lower bucket or dim");
  }
  *values = static_cast<float*>(storage->data());
  std::fill_n(*values, rows * dim, 0.0f);
  matrix->rows = rows;
  matrix->dim = dim;
  matrix->values = static_cast<const uint8_t*>(storage->data());
  matrix->keeper = storage;
  return Status::ok();
}

// Draws labels with the frequency of the square root of their counts.
class Negatives {
 public:
  explicit Negatives(const FastTextDictionary& dictionary) {
    double sum = 0;
    for (int32_t i = dictionary.nwords; i < dictionary.entries.size(); ++i) {
      sums_.push_back(sum += std::sqrt(static_cast<double>(dictionary.counts[static_cast<size_t>(i)])));
    }
  }
  // Another label than `target`; there must be two at least.
  int32_t draw(int32_t target, Random& random) const {
    for (;;) {
      const auto found = std::upper_bound(sums_.begin(), sums_.end(), random.unit() * sums_.back());
      const auto label = static_cast<int32_t>(std::min<ptrdiff_t>(found - sums_.begin(), std::ssize(sums_) - 1));
      if (label != target) return label;
    }
  }

 private:
  std::vector<double> sums_;
};

// What one thread does with a line.
class Learner {
 public:
  Learner(const FastTextModel& model, const Negatives& negatives, float* input, float* output, uint64_t seed)
      : model_(model), negatives_(negatives), step_(input, output, model.args.dim), random_(seed) {}

  // Gives the number of tokens of the line, its end among them.
  int64_t learn(std::string_view line, float lr) {
    rows_.clear();
    labels_.clear();
    model_.dictionary.line_rows(model_.args, line, &rows_, &labels_);
    int64_t tokens = 1;
    each_token(line, [&tokens](std::string_view) { ++tokens; });
    if (rows_.empty() || labels_.empty()) return tokens;
    step_.begin(rows_);
    score(lr);
    step_.finish(rows_, true);
    return tokens;
  }

 private:
  void score(float lr) {
    const int32_t classes = model_.dictionary.nlabels();
    if (model_.args.loss == FastTextLoss::ova) {
      for (int32_t i = 0; i < classes; ++i) {
        step_.logistic(i, std::find(labels_.begin(), labels_.end(), i) != labels_.end(), lr);
      }
      return;
    }
    const int32_t target = labels_[labels_.size() == 1 ? 0 : random_.below(labels_.size())];
    if (model_.args.loss == FastTextLoss::softmax) {
      step_.softmax(target, classes, lr);
    } else if (model_.args.loss == FastTextLoss::hs) {
      const auto& nodes = model_.tree.nodes;
      for (int32_t at = target; nodes[static_cast<size_t>(at)].parent >= 0;
           at = nodes[static_cast<size_t>(at)].parent) {
        const FastTextTree::Node& node = nodes[static_cast<size_t>(at)];
        step_.logistic(node.parent - classes, node.right_child, lr);
      }
    } else {
      step_.logistic(target, true, lr);
      for (int32_t i = 0; i < model_.args.neg && classes > 1; ++i) {
        step_.logistic(negatives_.draw(target, random_), false, lr);
      }
    }
  }

  const FastTextModel& model_;
  const Negatives& negatives_;
  FastTextStep step_;
  Random random_;
  std::vector<int32_t> rows_, labels_;
};

}  // namespace

Status train_supervised(const FastTextTraining& training, std::string_view text, const std::string& source,
                        std::shared_ptr<const FastTextModel>* trained) {
  const auto model = std::make_shared<FastTextModel>();
  model->args = training.args;
  if (!model->args.hashes()) model->args.bucket = 0;
  const std::vector<std::string_view> lines = lines_of(text);
  FastTextDictionary& dictionary = model->dictionary;
  count_entries(training, lines, &dictionary);
  if (dictionary.nwords == 0) return Status::error(source + ": no word is as frequent as minCount asks");
  if (dictionary.nlabels() == 0) return Status::error(source + ": no line has a label; they begin with __label__");
  if (model->args.loss == FastTextLoss::hs) {
    model->tree.build(dictionary.counts.data() + dictionary.nwords, dictionary.nlabels());
  }
  const int64_t dim = model->args.dim, rows = int64_t{dictionary.nwords} + model->args.bucket;
  float *input = nullptr, *output = nullptr;
  if (Status status = make_matrix(rows, dim, &model->input, &input); !status.is_ok()) return status;
  if (Status status = make_matrix(dictionary.nlabels(), dim, &model->output, &output); !status.is_ok()) return status;
  Random random(training.seed);
  for (int64_t i = 0; i < rows * dim; ++i) {
    input[i] = static_cast<float>((2 * random.unit() - 1) / static_cast<double>(dim));
  }
  const Negatives negatives(dictionary);
  const auto total = static_cast<double>(dictionary.ntokens) * model->args.epoch;
  constexpr size_t kShare = 64;  // lines that a thread takes at once
  const size_t shares = (lines.size() + kShare - 1) / kShare;
  std::atomic<size_t> next{0};
  ThreadPool::instance().run(training.threads, [&](int thread, int, bool) {
    Learner learner(*model, negatives, input, output, training.seed + static_cast<uint64_t>(thread) + 1);
    for (;;) {
      const size_t share = next.fetch_add(1, std::memory_order_relaxed);
      if (share >= shares * static_cast<size_t>(model->args.epoch) ||
          training.stop.load(std::memory_order_relaxed) != 0)
        return;
      const size_t begin = share % shares * kShare, end = std::min(begin + kShare, lines.size());
      for (size_t i = begin; i < end; ++i) {
        const double progress = static_cast<double>(training.tokens_done.load(std::memory_order_relaxed)) / total;
        const auto lr = static_cast<float>(training.lr * std::max(0.0, 1 - progress));
        training.tokens_done.fetch_add(learner.learn(lines[i], lr), std::memory_order_relaxed);
      }
    }
  });
  for (int64_t i = 0; i < dictionary.nlabels() * dim; ++i) {
    if (!std::isfinite(output[i])) return Status::error(source + ": training diverged; lower lr");
  }
  *trained = model;
  return Status::ok();
}

}  // namespace vectral
