// What trainers of word vectors have in common: a vocabulary and what is drawn from it, a learning rate that falls, and
// threads that read a text sentence by sentence (Mikolov et al. 2013, arXiv:1310.4546).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "../core/status.h"
#include "../core/storage.h"
#include "../dispatch/kernels.h"
#include "huffman.h"
#include "trained_matrix.h"
#include "word_counts.h"
#include "word_sampling.h"

namespace vectral {

struct WordTrainerOptions {
  int64_t dim = 100;
  int32_t window = 5;
  bool shrink_windows = true;  // a width from 1 to `window` is drawn at each word
  int64_t min_count = 5;
  int64_t max_vocab_size = 0;    // different words while counting, 0: any number
  int64_t max_final_vocab = 0;   // words of the vocabulary, 0: any number
  std::string_view end_of_line;  // a word that stands for it, if there is one
  size_t longest_sentence = 10000;
  double sample = 1e-3;
  bool skip_gram = false;
  int32_t negative = 5;  // noise words; 0: hierarchical softmax
  double noise_exponent = 0.75;
  // Step by step as the reference does it, each with noise of its own; else as much at once as learns as well.
  bool exact = false;
  uint64_t seed = 1;
};

// The learning rate falls from `alpha` to `min_alpha` while `words` are trained, of which `trained` are done.
struct TrainingSchedule {
  float alpha = 0.025f, min_alpha = 1e-4f;
  int64_t words = 0, trained = 0;
};

// All that a training has come to but for its vocabulary: copies, [rows, dim].
struct TrainingState {
  std::shared_ptr<Storage> inputs, outputs;
  int64_t input_rows = 0;
  std::vector<uint64_t> streams;  // where the random numbers of each thread are
};

class WordTrainer {
 public:
  WordTrainer(const WordTrainerOptions& options, const KernelTable& kernels) : options_(options), kernels_(kernels) {}
  virtual ~WordTrainer() = default;
  WordTrainer(const WordTrainer&) = delete;
  WordTrainer& operator=(const WordTrainer&) = delete;

  // First all of the corpus is counted, then the vocabulary made, then each epoch trained. A line of text is a
  // sentence.
  void count(std::string_view text) { counts_.add(text, options_.end_of_line, options_.max_vocab_size); }
  Status build();
  // Instead of counting and building: what another trainer had come to. Matrices of other sizes are an error.
  Status restore(WordCounts vocabulary, const Tensor& inputs, const Tensor& outputs,
                 const std::vector<uint64_t>& streams);
  Status state(TrainingState* state) const;
  void set_schedule(const TrainingSchedule& schedule);
  // Words of the text that are in the vocabulary.
  int64_t known(std::string_view text) const;
  // Deterministic with one thread; with more, they change one matrix without waiting for each other (Recht et al.
  // 2011).
  Status train(std::string_view text, int threads);

  int64_t dim() const { return options_.dim; }
  int32_t size() const { return vocabulary_.words.size(); }
  int64_t words_counted() const { return vocabulary_.total; }
  int64_t words_trained() const { return trained_.load(std::memory_order_relaxed); }
  float rate() const;
  // Mean of -log p over the words scored since this was last asked, with the noise words of each; NaN: none were. Of
  // the words one in kMeasured is scored.
  double take_loss();
  const WordCounts& vocabulary() const { return vocabulary_; }

 protected:
  static constexpr int64_t kMeasured = 64;

  // One thread's part of a text.
  class Learner {
   public:
    Learner(WordTrainer& trainer, RandomStream& random) : random_(random), trainer_(trainer) {}
    virtual ~Learner() = default;
    void read(std::string_view text);
    // Of what was measured, the sum of -log p, and how often.
    double loss() const { return loss_; }
    int64_t measured() const { return measured_; }

   protected:
    virtual void learn(const std::vector<int32_t>& sentence, float rate) = 0;
    // Words to each side that are context, drawn for one word.
    int64_t draw_width();
    // Whether the next step is to be measured: one in kMeasured.
    bool is_measured() { return asked_++ % kMeasured == 0; }
    // The loss of what the outputs should say to `input`.
    void measure(const float* input, const std::vector<float*>& outputs, const std::vector<float>& labels);

    RandomStream& random_;

   private:
    void learn_sentence();

    WordTrainer& trainer_;
    std::vector<int32_t> sentence_;
    int64_t words_ = 0, asked_ = 0, measured_ = 0;
    double loss_ = 0;
  };

  // What belongs to a new vocabulary besides matrices.
  virtual Status begin() = 0;
  // Rows of the input matrix.
  virtual int64_t input_rows() const { return size(); }
  // Null where its memory cannot be had.
  virtual std::unique_ptr<Learner> learner(RandomStream& random) = 0;
  // An error where training has diverged.
  Status check_finite() const;
  static Status copy_of(const TrainedMatrix& matrix, std::shared_ptr<Storage>* copy);

  const WordTrainerOptions options_;
  const KernelTable& kernels_;
  AliasTable noise_;    // where there are noise words
  HuffmanCodes codes_;  // where there are none
  TrainedMatrix inputs_, outputs_;

 private:
  // What follows from the vocabulary; matrices are all zeros.
  Status prepare(WordCounts vocabulary);

  WordCounts counts_, vocabulary_;
  int32_t end_ = WordTable::kNone;  // the place of options_.end_of_line
  std::vector<float> keep_;
  TrainingSchedule schedule_;
  std::atomic<int64_t> trained_{0};
  double loss_ = 0;
  int64_t measured_ = 0;
  std::vector<RandomStream> streams_;
};

}  // namespace vectral
