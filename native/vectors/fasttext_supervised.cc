#include "fasttext_supervised.h"

#include <algorithm>
#include <cmath>

#include "../core/thread_pool.h"
#include "fasttext_step.h"
#include "word_sampling.h"

namespace vectral {
namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

// Labels as wrong ones, by the square root of their counts.
AliasTable negatives_of(const FastTextDictionary& dictionary) {
  std::vector<double> weights;
  for (int32_t i = dictionary.nwords; i < dictionary.entries.size(); ++i) {
    weights.push_back(std::sqrt(static_cast<double>(dictionary.counts[static_cast<size_t>(i)])));
  }
  return AliasTable(weights);
}

// What one thread does with a line.
class Learner {
 public:
  Learner(const FastTextModel& model, const WordRows& known, const AliasTable& negatives, const TrainedMatrix& output,
          FastTextStep step, RandomStream random)
      : model_(model), known_(known), negatives_(negatives), output_(output), step_(std::move(step)), random_(random) {}

  // Gives the number of tokens of the line, its end among them.
  int64_t learn(std::string_view line, float lr) {
    rows_.clear();
    labels_.clear();
    model_.dictionary.line_rows(model_.args, line, &rows_, &labels_, &known_);
    int64_t tokens = 1;
    each_word(line, [&tokens](std::string_view) { ++tokens; });
    if (rows_.empty() || labels_.empty()) return tokens;
    step_.begin(rows_);
    score(lr);
    step_.finish(rows_, true);
    return tokens;
  }

 private:
  void score(float lr) {
    const int32_t classes = model_.dictionary.nlabels();
    const auto target = labels_[labels_.size() == 1 ? 0 : random_.below(static_cast<uint32_t>(labels_.size()))];
    outputs_.clear();
    truths_.clear();
    const auto ask = [this](int32_t row, bool truth) {
      outputs_.push_back(output_.row(row));
      truths_.push_back(truth ? 1.0f : 0.0f);
    };
    switch (model_.args.loss) {
      case FastTextLoss::softmax:
        return step_.softmax(target, lr);
      case FastTextLoss::ova:
        for (int32_t i = 0; i < classes; ++i) ask(i, std::find(labels_.begin(), labels_.end(), i) != labels_.end());
        return step_.logistic(outputs_, truths_.data(), lr);
      case FastTextLoss::hs: {
        const auto& nodes = model_.tree.nodes;
        for (int32_t at = target; nodes[static_cast<size_t>(at)].parent >= 0;
             at = nodes[static_cast<size_t>(at)].parent) {
          const HuffmanTree::Node& node = nodes[static_cast<size_t>(at)];
          ask(node.parent - classes, node.right_child);
        }
        return step_.logistic(outputs_, truths_.data(), lr);
      }
      case FastTextLoss::ns:
        return sample(target, lr);
    }
  }

  // One after another: a label may be drawn twice.
  void sample(int32_t target, float lr) {
    const auto step = [this, lr](int32_t label, float truth) {
      float* const row = output_.row(label);
      step_.logistic({&row, 1}, &truth, lr);
    };
    step(target, 1);
    for (int32_t i = 0; i < model_.args.neg && model_.dictionary.nlabels() > 1; ++i) {
      int32_t label = target;
      while (label == target) label = static_cast<int32_t>(negatives_.draw(random_));
      step(label, 0);
    }
  }

  const FastTextModel& model_;
  const WordRows& known_;
  const AliasTable& negatives_;
  const TrainedMatrix& output_;
  FastTextStep step_;
  RandomStream random_;
  std::vector<int32_t> rows_, labels_;
  std::vector<float*> outputs_;
  std::vector<float> truths_;
};

}  // namespace

Status train_supervised(const FastTextTraining& training, std::string_view text, const std::string& source,
                        std::shared_ptr<const FastTextModel>* trained) {
  const auto model = std::make_shared<FastTextModel>();
  model->args = training.args;
  if (!model->args.hashes()) model->args.bucket = 0;
  const std::vector<std::string_view> lines = lines_of(text);
  FastTextDictionary& dictionary = model->dictionary;
  WordCounts counts;
  counts.add(text, kEndOfLine);
  dictionary.build(counts, model->args.min_count, training.min_count_label);
  if (dictionary.nwords == 0) return Status::error(source + ": no word is as frequent as minCount asks");
  if (dictionary.nlabels() == 0) return Status::error(source + ": no line has a label; they begin with __label__");
  if (model->args.loss == FastTextLoss::hs) {
    model->tree.build(dictionary.counts.data() + dictionary.nwords, dictionary.nlabels());
  }
  const int64_t dim = model->args.dim, rows = int64_t{dictionary.nwords} + model->args.bucket;
  TrainedMatrix input, output;
  if (Status status = input.allocate(rows, dim); !status.is_ok()) return status;
  if (Status status = output.allocate(dictionary.nlabels(), dim); !status.is_ok()) return status;
  input.fill(training.seed, training.threads);
  const WordRows known = dictionary.rows_of_words(model->args);
  const AliasTable negatives = negatives_of(dictionary);
  const auto total = static_cast<double>(dictionary.ntokens) * model->args.epoch;
  constexpr size_t kShare = 64;  // lines that a thread takes at once
  const size_t shares = (lines.size() + kShare - 1) / kShare;
  std::atomic<size_t> next{0};
  ThreadPool::instance().run(training.threads, [&](int thread, int, bool) {
    Learner learner(*model, known, negatives, output, FastTextStep(training.kernels, input, output),
                    RandomStream::of(training.seed, static_cast<uint64_t>(thread)));
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
  if (!output.finite()) return Status::error(source + ": training diverged; lower lr");
  model->input = FastTextMatrix::of(&input);
  model->output = FastTextMatrix::of(&output);
  *trained = model;
  return Status::ok();
}

}  // namespace vectral
