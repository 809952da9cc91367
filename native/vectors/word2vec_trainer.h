// Word2vec (Mikolov et al. 2013, arXiv:1301.3781, arXiv:1310.4546): skip-gram and CBOW, told from noise words or by
// hierarchical softmax.
#pragma once

#include <cstdint>
#include <memory>

#include "../core/status.h"
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

  // A copy of what the words have learnt.
  Status vectors(std::shared_ptr<VectorSet>* set) const;

 private:
  class Worker;

  Status begin() override;
  std::unique_ptr<Learner> learner(RandomStream& random) override;

  const bool cbow_mean_;
};

}  // namespace vectral
