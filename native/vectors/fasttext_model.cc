#include "fasttext_model.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <unordered_set>

namespace vectral {
namespace {

// Probabilities are reported through log(p + 1e-5), as fastText does.
float log_of(float p) { return static_cast<float>(std::log(static_cast<double>(p) + 1e-5)); }

// fastText's table of 512 steps over [-8, 8]; one-vs-all is defined by it.
float table_sigmoid(float x) {
  if (!(x >= -8)) return 0;
  if (x > 8) return 1;
  const float step = static_cast<float>(static_cast<int64_t>((x + 8) * 32)) / 32 - 8;
  return static_cast<float>(1.0 / (1.0 + std::exp(-step)));
}

// The k best of what is offered, best first in the end.
class Best {
 public:
  Best(int32_t k, FastTextModel::Scores* scores) : k_(static_cast<size_t>(k)), scores_(*scores) { scores_.clear(); }
  bool takes(float score) const { return scores_.size() < k_ || score >= scores_.front().first; }
  void offer(float score, int32_t id) {
    if (!takes(score)) return;
    scores_.emplace_back(score, id);
    std::push_heap(scores_.begin(), scores_.end(), better);
    if (scores_.size() <= k_) return;
    std::pop_heap(scores_.begin(), scores_.end(), better);
    scores_.pop_back();
  }
  void finish() { std::sort_heap(scores_.begin(), scores_.end(), better); }

 private:
  // Equals keep the order that fastText's heap leaves them in.
  static bool better(const std::pair<float, int32_t>& a, const std::pair<float, int32_t>& b) {
    return a.first > b.first;
  }
  const size_t k_;
  FastTextModel::Scores& scores_;
};

// Down the tree, best branches only. The stack is ours: a tree of a hostile file is as deep as it has labels.
void search_tree(const FastTextModel& model, const float* hidden, float least, Best* best) {
  const HuffmanTree& tree = model.tree;
  std::vector<std::pair<int32_t, float>> open;
  if (!tree.nodes.empty()) open.emplace_back(static_cast<int32_t>(tree.nodes.size()) - 1, 0.0f);
  while (!open.empty()) {
    const auto [at, score] = open.back();
    open.pop_back();
    if (score < least || !best->takes(score)) continue;
    if (at < tree.leaves) {
      best->offer(score, at);
      continue;
    }
    const float f = 1 / (1 + std::exp(-model.output.dot_row(at - tree.leaves, hidden)));
    const HuffmanTree::Node& node = tree.nodes[static_cast<size_t>(at)];
    open.emplace_back(node.right, score + log_of(f));
    open.emplace_back(node.left, score + log_of(1 - f));
  }
}

float norm_of(const float* x, int64_t n) {
  float squares = 0;
  for (int64_t i = 0; i < n; ++i) squares += x[i] * x[i];
  return std::sqrt(squares);
}

}  // namespace

Status FastTextModel::mean_of(const std::vector<int32_t>& rows, float* vector) const {
  std::fill_n(vector, args.dim, 0.0f);
  if (rows.empty()) return Status::ok();
  for (const int32_t row : rows) input.add_row(row, vector);
  const float factor = static_cast<float>(1.0 / static_cast<double>(rows.size()));
  for (int32_t i = 0; i < args.dim; ++i) {
    vector[i] *= factor;
    if (!std::isfinite(vector[i])) {
      return Status::error(name() + ": the input matrix holds a value that is not finite in one of the rows " +
                           std::to_string(*std::min_element(rows.begin(), rows.end())) + " to " +
                           std::to_string(*std::max_element(rows.begin(), rows.end())));
    }
  }
  return Status::ok();
}

Status FastTextModel::word_vector(std::string_view word, float* vector) const {
  std::vector<int32_t> rows;
  dictionary.word_rows(args, word, &rows);
  return mean_of(rows, vector);
}

Status FastTextModel::sentence_vector(std::string_view line, float* vector) const {
  if (supervised()) {
    std::vector<int32_t> rows;
    dictionary.line_rows(args, line, &rows);
    return mean_of(rows, vector);
  }
  std::fill_n(vector, args.dim, 0.0f);
  std::vector<float> one(static_cast<size_t>(args.dim));
  int64_t count = 0;
  Status status = Status::ok();
  each_word(line, [&](std::string_view token) {
    if (!status.is_ok()) return;
    status = word_vector(token, one.data());
    const float norm = norm_of(one.data(), args.dim);
    if (!status.is_ok() || norm == 0) return;
    for (int32_t i = 0; i < args.dim; ++i) vector[i] += one[static_cast<size_t>(i)] / norm;
    ++count;
  });
  for (int32_t i = 0; i < args.dim && count > 0; ++i) vector[i] /= static_cast<float>(count);
  return status;
}

Status FastTextModel::predict(std::string_view line, int32_t k, float threshold, Scores* scores) const {
  Best best(k, scores);
  std::vector<int32_t> rows;
  dictionary.line_rows(args, line, &rows);
  if (rows.empty() || dictionary.nlabels() == 0) return Status::ok();
  std::vector<float> hidden(static_cast<size_t>(args.dim));
  if (Status status = mean_of(rows, hidden.data()); !status.is_ok()) return status;
  if (args.loss == FastTextLoss::hs) {
    search_tree(*this, hidden.data(), log_of(threshold), &best);
  } else {
    std::vector<float> p(static_cast<size_t>(dictionary.nlabels()));
    for (size_t i = 0; i < p.size(); ++i) p[i] = output.dot_row(static_cast<int64_t>(i), hidden.data());
    if (args.loss == FastTextLoss::softmax) {
      const float most = *std::max_element(p.begin(), p.end());
      float sum = 0;
      for (float& x : p) sum += x = std::exp(x - most);
      for (float& x : p) x /= sum;
    } else {
      for (float& x : p) x = table_sigmoid(x);
    }
    for (size_t i = 0; i < p.size(); ++i) {
      if (p[i] >= threshold) best.offer(log_of(p[i]), static_cast<int32_t>(i));
    }
  }
  best.finish();
  for (auto& [score, label] : *scores) score = std::exp(score);
  return Status::ok();
}

Status FastTextModel::unit_vectors(const float** vectors) const {
  const std::lock_guard<std::mutex> lock(unit_mutex_);
  const size_t dim = static_cast<size_t>(args.dim), rows = static_cast<size_t>(dictionary.nwords);
  if (unit_.size() != rows * dim) {
    std::vector<float> all(rows * dim);
    for (size_t r = 0; r < rows; ++r) {
      float* const x = all.data() + r * dim;
      const Status status = word_vector(dictionary.entries.word(static_cast<int32_t>(r)), x);
      if (!status.is_ok()) return status;
      const float norm = norm_of(x, args.dim);
      for (size_t i = 0; i < dim && norm > 0; ++i) x[i] /= norm;
    }
    unit_ = std::move(all);
  }
  *vectors = unit_.data();
  return Status::ok();
}

Status FastTextModel::nearest(const float* query, int32_t k, const std::vector<std::string>& banned,
                              Scores* scores) const {
  const float* unit = nullptr;
  if (Status status = unit_vectors(&unit); !status.is_ok()) return status;
  std::unordered_set<int32_t> left_out;
  for (const std::string& word : banned) left_out.insert(dictionary.word(word));
  float norm = norm_of(query, args.dim);
  if (norm < 1e-8f) norm = 1;
  Best best(k, scores);
  for (int32_t r = 0; r < dictionary.nwords; ++r) {
    if (left_out.count(r) != 0) continue;
    const float* const x = unit + int64_t{r} * args.dim;
    float dot = 0;
    for (int32_t i = 0; i < args.dim; ++i) dot += x[i] * query[i];
    best.offer(dot / norm, r);
  }
  best.finish();
  return Status::ok();
}

Status FastTextModel::word_vectors(VectorSet* set) const {
  const int64_t rows = dictionary.nwords;
  const std::shared_ptr<Storage> storage = Storage::allocate(rows * args.dim * 4);
  if (storage == nullptr) return Status::error(name() + ": not enough memory for the vectors of its words");
  auto* const vectors = static_cast<float*>(storage->data());
  for (int32_t r = 0; r < rows; ++r) {
    const std::string_view word = dictionary.entries.word(r);
    set->words.add(word);
    set->counts.push_back(dictionary.counts[static_cast<size_t>(r)]);
    if (Status status = word_vector(word, vectors + int64_t{r} * args.dim); !status.is_ok()) return status;
  }
  set->vectors = {storage, DType::f32, {}};
  set->vectors.shape.rank = 2;
  set->vectors.shape.dims[0] = rows;
  set->vectors.shape.dims[1] = args.dim;
  return Status::ok();
}

}  // namespace vectral
