// The dictionary of a fastText model: words, then labels, and the rows of the input matrix that a word or a line takes
// (Bojanowski et al. 2017, arXiv:1607.04606; Joulin et al. 2016, arXiv:1607.01759).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fasttext_args.h"
#include "word_counts.h"

namespace vectral {

constexpr std::string_view kEndOfLine = "</s>";
constexpr std::string_view kLabelPrefix = "__label__";

// FNV-1a over bytes that are sign-extended first, as a signed char is where fastText was born.
// `before`: the hash of what stands before the text.
uint32_t fasttext_hash(std::string_view text, uint32_t before = 2166136261u);

// Rows of the input matrix that each word of a vocabulary is made of: its own, then those of its n-grams.
struct WordRows {
  std::vector<int32_t> rows;
  std::vector<int64_t> begin;

  std::span<const int32_t> of(int32_t word) const {
    const auto at = static_cast<size_t>(word);
    return {rows.data() + begin[at], static_cast<size_t>(begin[at + 1] - begin[at])};
  }
};

struct FastTextDictionary {
  WordTable entries;  // nwords words, then the labels
  int32_t nwords = 0;
  std::vector<int64_t> counts;  // of each entry
  int64_t ntokens = 0;
  // Where rows were pruned: bucket → row after the words, in the order of the file. A pruned dictionary may keep none.
  bool pruned = false;
  std::vector<std::pair<int32_t, int32_t>> kept;
  std::unordered_map<int32_t, int32_t> kept_rows;

  // Of words and labels that were counted: words first, each kind most frequent first, those that come less often than
  // its least count left out.
  void build(const WordCounts& counted, int64_t least_word, int64_t least_label);

  int32_t nlabels() const { return entries.size() - nwords; }
  // The row of a word, or kNone for what is no word (labels are none).
  int32_t word(std::string_view text) const;

  // Rows of a word alone: its own, if it is known, and those of its n-grams. `grams` gets the text of each, if given.
  void word_rows(const FastTextArgs& args, std::string_view word, std::vector<int32_t>* rows,
                 std::vector<std::string>* grams = nullptr) const;
  // Rows of a line for a classifier: words, their n-grams, the end of the line, n-grams of words. `labels` gets the
  // known labels that stand in the line, if given; `known` saves finding the n-grams of known words anew.
  void line_rows(const FastTextArgs& args, std::string_view line, std::vector<int32_t>* rows,
                 std::vector<int32_t>* labels = nullptr, const WordRows* known = nullptr) const;
  WordRows rows_of_words(const FastTextArgs& args) const;

 private:
  bool row_of_hash(uint64_t hash, const FastTextArgs& args, int32_t* row) const;
  void gram_rows(const FastTextArgs& args, std::string_view word, std::vector<int32_t>* rows,
                 std::vector<std::string>* grams) const;
};

}  // namespace vectral
