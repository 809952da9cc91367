// How often each word of a corpus comes, and the vocabulary that makes of it.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "../core/status.h"
#include "word_table.h"

namespace vectral {

// Calls `take(word)` for each word of a text, apart by white space of ASCII, or NUL as in fastText.
template <typename Take>
void each_word(std::string_view text, const Take& take) {
  const auto is_space = [](char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == '\0';
  };
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin;
    while (end < text.size() && !is_space(text[end])) ++end;
    if (end > begin) take(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

struct WordCounts {
  WordTable words;
  std::vector<int64_t> counts;
  int64_t total = 0;

  // `end`, if it is not empty, is counted at each end of a line (fastText's word for it). With `most`, whenever a line
  // leaves more different words than that, those that have come once are dropped, the next time those that have come
  // twice or less, and so on (gensim's max_vocab_size; 0: no limit).
  void add(std::string_view text, std::string_view end = {}, int64_t most = 0);
  // The words that come at least `least` times, most frequent first; equal ones as they first came.
  WordCounts frequent(int64_t least) const;
  // The same as a vocabulary to be learnt, of at most `most` words (0: any number); an error if there are none.
  Status vocabulary(int64_t least, int64_t most, WordCounts* kept) const;
  // An error that names the first word that is not UTF-8.
  Status check_utf8() const;

 private:
  void add_word(std::string_view word);
  void drop(int64_t seen);
  // The smallest `least` that leaves at most `most` words.
  int64_t least_for(int64_t most) const;

  int64_t dropped_ = 0;  // words that came this often or less were dropped last
};

}  // namespace vectral
