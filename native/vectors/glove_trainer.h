// GloVe (Pennington, Socher and Manning 2014): word vectors whose products are the logarithms of how often words come
// together.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "../core/status.h"
#include "../dispatch/kernels.h"
#include "cooccurrence.h"
#include "trained_matrix.h"
#include "vector_set.h"

namespace vectral {

struct GloveOptions {
  int64_t dim = 100;
  int64_t min_count = 5;
  int64_t max_vocab = 0;  // 0: any number
  float eta = 0.05f;
  float x_max = 100, alpha = 0.75f;  // pairs weigh min(1, (x / x_max)^alpha)
  float clip = 100;                  // most that a component of a gradient is
  bool sum = true;                   // vectors are those of words and contexts added up; else of words alone
  CooccurrenceOptions cooccurrence;
};

class GloveTrainer {
 public:
  GloveTrainer(const GloveOptions& options, const KernelTable& kernels);

  // In this order, each of the first and third for all of the corpus; a line is a sentence.
  void count(std::string_view text) { counts_.add(text); }
  Status build();
  Status cooccur(std::string_view text) { return counter_->add(text); }
  Status gather();
  // The next kStepPairs pairs or so of an epoch; after its last one the epoch begins anew. Deterministic with one
  // thread; with more, they change one matrix without waiting for each other.
  Status train(int threads);
  // The same pairs without learning from them: to where another trainer had come, whose matrices are then taken over.
  Status skip();

  int64_t words() const { return vocabulary_.total; }
  const WordCounts& vocabulary() const { return vocabulary_; }
  int64_t dim() const { return options_.dim; }
  int64_t pairs() const { return records_.size(); }
  int64_t pairs_trained() const { return trained_; }
  // Mean of f(x) * miss^2 / 2 over the pairs trained since this was last asked.
  double take_loss();
  // What there is, a copy.
  Status vectors(std::shared_ptr<VectorSet>* set) const;
  // One step for a pair, as in training: for tests that hold it to the paper's.
  float step(int32_t word, int32_t context, float x, double* loss);

  // Rows of a matrix, one after another: words, contexts, and their accumulators; `floats` of each.
  enum Matrix { kWords, kContexts, kWordSquares, kContextSquares, kMatrices };
  float* row(Matrix matrix, int64_t place) const { return matrices_[matrix].row(place); }
  TrainedMatrix& matrix(Matrix matrix) { return matrices_[matrix]; }
  // [words], of the same four.
  std::vector<float>& biases(Matrix matrix) { return biases_[matrix]; }

 private:
  // The next pairs of part_, at most kStepPairs; loads the next part where there are none left.
  Status next_pairs(std::span<const Cooccurrence>* pairs);

  const GloveOptions options_;
  const KernelTable& kernels_;
  WordCounts counts_, vocabulary_;
  std::unique_ptr<CooccurrenceCounter> counter_;
  CooccurrenceRecords records_;
  TrainedMatrix matrices_[kMatrices];
  std::vector<float> biases_[kMatrices];
  std::vector<Cooccurrence> part_;
  std::vector<int> order_;  // of the parts still to come in this epoch, the last one next
  size_t next_ = 0;         // of part_
  RandomStream random_;
  int64_t trained_ = 0, measured_ = 0;
  double loss_ = 0;
};

}  // namespace vectral
