// Word2vec (Mikolov et al. 2013, arXiv:1301.3781, arXiv:1310.4546): skip-gram and CBOW, told from noise words or by
// hierarchical softmax.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "../core/status.h"
#include "../core/storage.h"
#include "../dispatch/kernels.h"
#include "vector_set.h"
#include "word_trainer.h"

namespace vectral {

// Skip-gram that is not exact: the context words of a window share the noise of its centre and are one small matrix
// product.
struct Word2VecOptions : WordTrainerOptions {
  bool cbow_mean = true;  // else the sum of the context
};

// word2vec.c's step for one hidden vector: outputs one after another, each seeing what the ones before it did to its
// row. `error` becomes what the hidden vector's sources are to be changed by. Rows of `dim` floats, a multiple of 16.
void word2vec_exact_step(const KernelTable& kernels, const float* hidden, float* const* outputs, const float* labels,
                         int64_t n, float rate, int64_t dim, float* error);

class Word2VecTrainer : public WordTrainer {
 public:
  Word2VecTrainer(const Word2VecOptions& options, const KernelTable& kernels)
      : WordTrainer(options, kernels), cbow_mean_(options.cbow_mean) {}

  // Instead of counting and building: what another trainer had come to. Matrices are [words, dim].
  Status restore(WordCounts vocabulary, const float* inputs, const float* outputs, const std::vector<uint64_t>& states);
  // The output rows, [words, dim]: of words, or of inner nodes of the Huffman tree.
  Status outputs(std::shared_ptr<Storage>* copy) const { return rows_of(outputs_, copy); }
  // A copy of what the words have learnt.
  Status vectors(std::shared_ptr<VectorSet>* set) const;

 private:
  class Worker;

  Status allocate();
  Status begin() override;
  std::unique_ptr<Learner> learner(RandomStream& random) override;
  Status rows_of(const TrainedMatrix& matrix, std::shared_ptr<Storage>* copy) const;

  const bool cbow_mean_;
};

}  // namespace vectral
