#include "word_sampling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace vectral {

AliasTable::AliasTable(const std::vector<double>& weights) : keep_(weights.size(), 1.0f), other_(weights.size()) {
  std::iota(other_.begin(), other_.end(), 0u);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> share;
  std::vector<uint32_t> small, large;
  for (size_t i = 0; i < weights.size(); ++i) {
    share.push_back(weights[i] / sum * static_cast<double>(weights.size()));
    (share[i] < 1 ? small : large).push_back(static_cast<uint32_t>(i));
  }
  while (!small.empty() && !large.empty()) {
    const uint32_t s = small.back(), l = large.back();
    small.pop_back();
    keep_[s] = static_cast<float>(share[s]);
    other_[s] = l;
    share[l] -= 1 - share[s];
    if (share[l] >= 1) continue;
    large.pop_back();
    small.push_back(l);
  }
}

std::vector<double> noise_weights(const std::vector<int64_t>& counts, double exponent) {
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end());
  const double largest = std::log(static_cast<double>(exponent < 0 ? *least : *most));
  std::vector<double> weights;
  for (const int64_t count : counts) {
    weights.push_back(std::exp(exponent * (std::log(static_cast<double>(count)) - largest)));
  }
  return weights;
}

std::vector<float> keep_probabilities(const std::vector<int64_t>& counts, double t) {
  const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), INT64_C(0)));
  std::vector<float> keep;
  for (const int64_t count : counts) {
    const double ratio = t * total / static_cast<double>(count);
    keep.push_back(t > 0 ? static_cast<float>(std::min(1.0, std::sqrt(ratio) + ratio)) : 1.0f);
  }
  return keep;
}

}  // namespace vectral
