#include "word_counts.h"

#include <algorithm>
#include <numeric>

namespace vectral {

void WordCounts::add(std::string_view text) {
  each_word(text, [this](std::string_view word) {
    int32_t place = words.find(word);
    if (place == WordTable::kNone) {
      place = words.add(word);
      counts.push_back(0);
    }
    ++counts[static_cast<size_t>(place)];
    ++total;
  });
}

WordCounts WordCounts::frequent(int64_t least) const {
  std::vector<int32_t> order(counts.size());
  std::iota(order.begin(), order.end(), 0);
  const auto count_of = [this](int32_t place) { return counts[static_cast<size_t>(place)]; };
  std::erase_if(order, [&](int32_t place) { return count_of(place) < least; });
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return count_of(a) > count_of(b); });
  WordCounts kept;
  for (const int32_t place : order) {
    kept.words.add(words.word(place));
    kept.counts.push_back(count_of(place));
    kept.total += count_of(place);
  }
  kept.words.shrink();
  return kept;
}

}  // namespace vectral
