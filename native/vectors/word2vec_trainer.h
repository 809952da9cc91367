// Word2vec (Mikolov et al. 2013, arXiv:1301.3781, arXiv:1310.4546): skip-gram and CBOW, told from noise words or by
// hierarchical softmax.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "../core/aligned_memory.h"
#include "../core/status.h"
#include "../dispatch/kernels.h"
#include "huffman.h"
#include "vector_set.h"
#include "word_counts.h"
#include "word_sampling.h"

namespace vectral {

struct Word2VecOptions {
  int64_t dim = 100;
  int32_t window = 5;
  int64_t min_count = 5;
  double sample = 1e-3;
  float alpha = 0.025f, min_alpha = 1e-4f;
  int32_t epochs = 5;
  bool skip_gram = false;
  int32_t negative = 5;  // noise words; 0: hierarchical softmax
  double noise_exponent = 0.75;
  bool cbow_mean = true;       // else the sum of the context
  bool shrink_windows = true;  // a width from 1 to `window` is drawn at each word
  // One pair of words after another with noise of its own, as word2vec.c; else the context words of a window share the
  // noise of its centre and are one small matrix product.
  bool exact = false;
  uint64_t seed = 1;
};

// word2vec.c's step for one hidden vector: outputs one after another, each seeing what the ones before it did to its
// row. `error` becomes what the hidden vector's sources are to be changed by. Rows of `dim` floats, a multiple of 16.
void word2vec_exact_step(const KernelTable& kernels, const float* hidden, float* const* outputs, const float* labels,
                         int64_t n, float rate, int64_t dim, float* error);

class Word2VecTrainer {
 public:
  Word2VecTrainer(const Word2VecOptions& options, const KernelTable& kernels);

  // First all of the corpus is counted, then the vocabulary made, then each epoch trained. A line of text is a
  // sentence.
  void count(std::string_view text) { counts_.add(text); }
  Status build();
  // Deterministic with one thread; with more, they change one matrix without waiting for each other (Recht et al.
  // 2011).
  void train(std::string_view text, int threads);

  int32_t size() const { return vocabulary_.words.size(); }
  int64_t words_counted() const { return counted_; }
  int64_t words_trained() const { return trained_.load(std::memory_order_relaxed); }
  float rate() const;
  // A copy of what the words have learnt.
  Status vectors(std::shared_ptr<VectorSet>* set) const;

 private:
  class Worker;

  float* input(int64_t row) const { return static_cast<float*>(inputs_.data()) + row * stride_; }
  float* output(int64_t row) const { return static_cast<float*>(outputs_.data()) + row * stride_; }

  const Word2VecOptions options_;
  const KernelTable& kernels_;
  const int64_t stride_;  // floats of a row: dim and zeros up to whole vectors
  WordCounts counts_, vocabulary_;
  int64_t counted_ = 0;
  std::vector<float> keep_;
  AliasTable noise_;
  HuffmanCodes codes_;
  AlignedMemory inputs_, outputs_;
  std::atomic<int64_t> trained_{0};
  std::vector<RandomStream> streams_;
};

}  // namespace vectral
