// Words and their places: a table that grows, for vocabularies of millions. A word is any bytes, also none; it takes
// its own length and about 20 bytes more.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "../core/status.h"

namespace vectral {

class WordTable {
 public:
  static constexpr int32_t kNone = -1;
  static constexpr int32_t kMostWords = INT32_MAX - 1;

  int32_t size() const { return static_cast<int32_t>(ends_.size()); }
  // Valid until the next `add`.
  std::string_view word(int32_t place) const {
    const size_t begin = place == 0 ? 0 : ends_[static_cast<size_t>(place - 1)];
    return {text_.data() + begin, ends_[static_cast<size_t>(place)] - begin};
  }
  // The place of the word, or kNone.
  int32_t find(std::string_view word) const;
  // Puts the word at the end and gives its place; kNone, and nothing changes, if it is there already.
  int32_t add(std::string_view word);

 private:
  size_t slot_of(std::string_view word) const;  // where the word is, or where it would go
  void rehash(size_t slots);

  std::vector<char> text_;      // all words, one after another
  std::vector<size_t> ends_;    // of each word in text_
  std::vector<int32_t> slots_;  // a power of two; the place + 1 of a word, 0: free
};

// Adds the words of a text, one a line; fails at one that is there already.
Status add_words(std::string_view lines, WordTable* words);

}  // namespace vectral
