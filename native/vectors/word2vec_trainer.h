// Word2vec (Mikolov et al. 2013, arXiv:1301.3781, arXiv:1310.4546): skip-gram and CBOW, told from noise words or by
// hierarchical softmax.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
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
  int64_t max_vocab_size = 0;   // different words while counting, 0: any number
  int64_t max_final_vocab = 0;  // words of the vocabulary, 0: any number
  double sample = 1e-3;
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

// The learning rate falls from `alpha` to `min_alpha` while `words` are trained, of which `trained` are done.
struct Word2VecSchedule {
  float alpha = 0.025f, min_alpha = 1e-4f;
  int64_t words = 0, trained = 0;
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
  void count(std::string_view text) { counts_.add(text, options_.max_vocab_size); }
  Status build();
  // Instead of these: what another trainer had come to. Matrices are [words, dim].
  Status restore(WordCounts vocabulary, const float* inputs, const float* outputs, const std::vector<uint64_t>& states);
  void set_schedule(const Word2VecSchedule& schedule);
  // Words of the text that are in the vocabulary.
  int64_t known(std::string_view text) const;
  // Deterministic with one thread; with more, they change one matrix without waiting for each other (Recht et al.
  // 2011).
  void train(std::string_view text, int threads);

  int64_t dim() const { return options_.dim; }
  int32_t size() const { return vocabulary_.words.size(); }
  int64_t words_counted() const { return vocabulary_.total; }
  int64_t words_trained() const { return trained_.load(std::memory_order_relaxed); }
  float rate() const;
  // Mean of -log p over the words scored since this was last asked, with the noise words of each; NaN: none were. Of
  // the centres one in kMeasured is scored.
  double take_loss();
  const WordCounts& vocabulary() const { return vocabulary_; }
  // The output rows, [words, dim]: of words, or of inner nodes of the Huffman tree.
  Status outputs(std::shared_ptr<Storage>* copy) const { return rows_of(outputs_, copy); }
  std::vector<uint64_t> stream_states() const;
  // A copy of what the words have learnt.
  Status vectors(std::shared_ptr<VectorSet>* set) const;

 private:
  class Worker;

  Status prepare();  // all that follows from the vocabulary
  Status rows_of(const AlignedMemory& matrix, std::shared_ptr<Storage>* copy) const;
  float* input(int64_t row) const { return static_cast<float*>(inputs_.data()) + row * stride_; }
  float* output(int64_t row) const { return static_cast<float*>(outputs_.data()) + row * stride_; }

  const Word2VecOptions options_;
  const KernelTable& kernels_;
  const int64_t stride_;  // floats of a row: dim and zeros up to whole vectors
  WordCounts counts_, vocabulary_;
  std::vector<float> keep_;
  AliasTable noise_;
  HuffmanCodes codes_;
  AlignedMemory inputs_, outputs_;
  Word2VecSchedule schedule_;
  std::atomic<int64_t> trained_{0};
  std::mutex loss_mutex_;
  double loss_ = 0;
  int64_t measured_ = 0;
  std::vector<RandomStream> streams_;
};

}  // namespace vectral
