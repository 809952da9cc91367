// Settings of a fastText model under fastText's own names, as its files carry them.
#pragma once

#include <cstdint>

namespace vectral {

enum class FastTextLoss : int32_t { hs = 1, ns = 2, softmax = 3, ova = 4 };
enum class FastTextKind : int32_t { cbow = 1, sg = 2, sup = 3 };

// Their names, from 1.
constexpr const char* kFastTextLosses[] = {"hs", "ns", "softmax", "ova"};
constexpr const char* kFastTextKinds[] = {"cbow", "skipgram", "supervised"};

struct FastTextArgs {
  int32_t dim = 100;
  int32_t ws = 5;
  int32_t epoch = 5;
  int32_t min_count = 5;
  int32_t neg = 5;
  int32_t word_ngrams = 1;
  FastTextLoss loss = FastTextLoss::ns;
  FastTextKind model = FastTextKind::sg;
  int32_t bucket = 2000000;
  int32_t minn = 3;
  int32_t maxn = 6;
  int32_t lr_update_rate = 100;
  double t = 1e-4;

  bool hashes() const { return maxn > 0 || word_ngrams > 1; }
};

}  // namespace vectral
