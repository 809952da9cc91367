// Word vectors with n-grams of characters, as `fasttext skipgram` and `fasttext cbow` learn them (Bojanowski et al.
// 2017, arXiv:1607.04606).
#pragma once

#include <cstdint>
#include <memory>

#include "../core/status.h"
#include "../dispatch/kernels.h"
#include "fasttext_model.h"
#include "word_trainer.h"

namespace vectral {

// What is not exact: steps of one word change its vector first and the rows it is made of when the word is done with
// (skip-gram) or has left the window (CBOW), and targets of a skip-gram word share noise.
class FastTextTrainer : public WordTrainer {
 public:
  // `args`: model sg or cbow, loss ns or hs.
  FastTextTrainer(const FastTextArgs& args, bool exact, uint64_t seed, const KernelTable& kernels);

  // What was learnt; the matrices go with it, and nothing can be learnt here after that.
  Status finish(std::shared_ptr<const FastTextModel>* model);

 private:
  class Worker;

  Status begin() override;
  int64_t input_rows() const override { return int64_t{size()} + args_.bucket; }
  std::unique_ptr<Learner> learner(RandomStream& random) override;

  FastTextArgs args_;
  FastTextDictionary dictionary_;
  WordRows rows_;
};

}  // namespace vectral
