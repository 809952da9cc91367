// GloVe (Pennington, Socher and Manning 2014): word vectors whose products are the logarithms of how often words come
// together.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "../core/aligned_memory.h"
#include "../core/status.h"
#include "../dispatch/kernels.h"
#include "cooccurrence.h"
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

  int64_t words() const { return vocabulary_.total; }
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
  float* row(Matrix matrix, int64_t place) const { return static_cast<float*>(rows_[matrix].data()) + place * stride_; }
  // [words], of the same four.
  std::vector<float>& biases(Matrix matrix) { return biases_[matrix]; }

 private:
  const GloveOptions options_;
  const KernelTable& kernels_;
  const int64_t stride_;
  WordCounts counts_, vocabulary_;
  std::unique_ptr<CooccurrenceCounter> counter_;
  CooccurrenceRecords records_;
  AlignedMemory rows_[kMatrices];
  std::vector<float> biases_[kMatrices];
  std::vector<Cooccurrence> part_;
  std::vector<int> order_;  // of the parts still to come in this epoch, the last one next
  size_t next_ = 0;         // of part_
  RandomStream random_;
  int64_t trained_ = 0, measured_ = 0;
  double loss_ = 0;
};

}  // namespace vectral
