#include "word_counts.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>
#include <utility>

#include "../core/json_reader.h"

namespace vectral {

void WordCounts::add_word(std::string_view word) {
  int32_t place = words.find(word);
  if (place == WordTable::kNone) {
    place = words.add(word);
    counts.push_back(0);
  }
  ++counts[static_cast<size_t>(place)];
  ++total;
}

void WordCounts::add(std::string_view text, std::string_view end_word, int64_t most) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    each_word(text.substr(begin, end - begin), [this](std::string_view word) { add_word(word); });
    if (!end_word.empty() && end < text.size()) add_word(end_word);
    if (most > 0 && words.size() > most) drop(++dropped_);
    begin = end + 1;
  }
}

void WordCounts::drop(int64_t seen) {
  WordTable kept;
  size_t n = 0;
  for (int32_t place = 0; place < words.size(); ++place) {
    const int64_t count = counts[static_cast<size_t>(place)];
    if (count <= seen) continue;
    kept.add(words.word(place));
    counts[n++] = count;
  }
  counts.resize(n);
  words = std::move(kept);
}

int64_t WordCounts::least_for(int64_t most) const {
  if (words.size() <= most) return 1;
  std::vector<int64_t> sorted(counts);
  std::nth_element(sorted.begin(), sorted.begin() + most, sorted.end(), std::greater<>());
  return sorted[static_cast<size_t>(most)] + 1;
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
  return kept;
}

Status WordCounts::vocabulary(int64_t least, int64_t most, WordCounts* kept) const {
  if (most > 0) least = std::max(least, least_for(most));
  *kept = frequent(least);
  if (kept->words.size() > 0) return Status::ok();
  return Status::error("no word comes " + std::to_string(least) + " times or more among " +
                       std::to_string(words.size()) +
                       " different words; lower minCount, allow more words or give more text");
}

Status WordCounts::check_utf8() const {
  for (int32_t place = 0; place < words.size(); ++place) {
    if (is_utf8(words.word(place))) continue;
    return Status::error("the word " + quoted(words.word(place)) + ", which comes " +
                         std::to_string(counts[static_cast<size_t>(place)]) +
                         " times, is not valid UTF-8; convert the text to UTF-8");
  }
  return Status::ok();
}

}  // namespace vectral
