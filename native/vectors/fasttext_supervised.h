// Training of classifiers as `fasttext supervised` does it (Joulin et al. 2016, arXiv:1607.01759).
#pragma once

#include <atomic>
#include <memory>
#include <string_view>

#include "../dispatch/kernels.h"
#include "fasttext_model.h"

namespace vectral {

struct FastTextTraining {
  FastTextArgs args;  // model: sup
  int32_t min_count_label = 0;
  double lr = 0.1;
  uint64_t seed = 0;
  int threads = 1;
  const KernelTable& kernels;
  // Tokens done, for others to read; and what they set to end training soon, where what was learnt stays.
  std::atomic_ref<int64_t> tokens_done;
  std::atomic_ref<int64_t> stop;
};

// `text`: a line an example, words and labels (`__label__…`) apart by spaces. One thread and a seed give the same bits;
// several update one matrix without waiting for each other (Hogwild, Recht et al. 2011).
Status train_supervised(const FastTextTraining& training, std::string_view text, const std::string& source,
                        std::shared_ptr<const FastTextModel>* model);

}  // namespace vectral
