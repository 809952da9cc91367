#include "fasttext_dictionary.h"

#include <algorithm>

namespace vectral {
namespace {

bool is_label(std::string_view token) { return token.substr(0, kLabelPrefix.size()) == kLabelPrefix; }

bool continues(char byte) { return (static_cast<uint8_t>(byte) & 0xC0) == 0x80; }

}  // namespace

uint32_t fasttext_hash(std::string_view text, uint32_t before) {
  uint32_t h = before;
  for (const char c : text) h = (h ^ static_cast<uint32_t>(static_cast<int8_t>(c))) * 16777619u;
  return h;
}

void FastTextDictionary::build(const WordCounts& counted, int64_t least_word, int64_t least_label) {
  const WordCounts sorted = counted.frequent(std::min(least_word, least_label));
  ntokens = counted.total;
  for (const bool labels : {false, true}) {
    for (int32_t i = 0; i < sorted.words.size(); ++i) {
      const std::string_view entry = sorted.words.word(i);
      const int64_t count = sorted.counts[static_cast<size_t>(i)];
      if (is_label(entry) != labels || count < (labels ? least_label : least_word)) continue;
      entries.add(entry);
      counts.push_back(count);
    }
    if (!labels) nwords = entries.size();
  }
}

int32_t FastTextDictionary::word(std::string_view text) const {
  const int32_t id = entries.find(text);
  return id < nwords ? id : WordTable::kNone;
}

bool FastTextDictionary::row_of_hash(uint64_t hash, const FastTextArgs& args, int32_t* row) const {
  if (args.bucket <= 0) return false;
  const auto bucket = static_cast<int32_t>(hash % static_cast<uint64_t>(args.bucket));
  *row = nwords + bucket;
  if (!pruned) return true;
  const auto found = kept_rows.find(bucket);
  if (found == kept_rows.end()) return false;
  *row = nwords + found->second;
  return true;
}

void FastTextDictionary::gram_rows(const FastTextArgs& args, std::string_view bare, std::vector<int32_t>* rows,
                                   std::vector<std::string>* grams) const {
  if (bare == kEndOfLine || args.maxn <= 0) return;
  std::string word = "<";
  word.append(bare).push_back('>');
  for (size_t begin = 0; begin < word.size(); ++begin) {
    if (continues(word[begin])) continue;
    size_t end = begin;
    uint32_t hash = fasttext_hash({});
    for (int32_t n = 1; end < word.size() && n <= args.maxn; ++n) {
      const size_t letter = end;
      do ++end;
      while (end < word.size() && continues(word[end]));
      hash = fasttext_hash(std::string_view(word).substr(letter, end - letter), hash);
      // A bracket alone says nothing.
      if (n < args.minn || (n == 1 && (begin == 0 || end == word.size()))) continue;
      int32_t row = 0;
      if (!row_of_hash(hash, args, &row)) continue;
      rows->push_back(row);
      if (grams != nullptr) grams->push_back(word.substr(begin, end - begin));
    }
  }
}

void FastTextDictionary::word_rows(const FastTextArgs& args, std::string_view text, std::vector<int32_t>* rows,
                                   std::vector<std::string>* grams) const {
  if (const int32_t id = word(text); id != WordTable::kNone) {
    rows->push_back(id);
    if (grams != nullptr) grams->emplace_back(text);
  }
  gram_rows(args, text, rows, grams);
}

WordRows FastTextDictionary::rows_of_words(const FastTextArgs& args) const {
  WordRows known;
  known.begin.push_back(0);
  for (int32_t id = 0; id < nwords; ++id) {
    word_rows(args, entries.word(id), &known.rows);
    known.begin.push_back(std::ssize(known.rows));
  }
  return known;
}

void FastTextDictionary::line_rows(const FastTextArgs& args, std::string_view line, std::vector<int32_t>* rows,
                                   std::vector<int32_t>* labels, const WordRows* known) const {
  std::vector<int32_t> hashes;
  bool ended = false;
  const auto take = [&](std::string_view token) {
    if (ended) return;
    ended = token == kEndOfLine;
    const int32_t id = entries.find(token);
    if (id >= nwords) {
      if (labels != nullptr) labels->push_back(id - nwords);
      return;
    }
    if (id == WordTable::kNone && is_label(token)) return;
    if (id != WordTable::kNone && known != nullptr) {
      const std::span<const int32_t> of_word = known->of(id);
      rows->insert(rows->end(), of_word.begin(), of_word.end());
    } else {
      word_rows(args, token, rows);
    }
    hashes.push_back(static_cast<int32_t>(fasttext_hash(token)));
  };
  each_word(line, take);
  take(kEndOfLine);
  for (size_t i = 0; i < hashes.size(); ++i) {
    // Hashes are signed numbers here: those of 2^31 and above extend to 64 bits with ones.
    auto h = static_cast<uint64_t>(static_cast<int64_t>(hashes[i]));
    for (size_t j = i + 1; j < hashes.size() && j - i < static_cast<size_t>(args.word_ngrams); ++j) {
      h = h * 116049371u + static_cast<uint64_t>(static_cast<int64_t>(hashes[j]));
      if (int32_t row = 0; row_of_hash(h, args, &row)) rows->push_back(row);
    }
  }
}

}  // namespace vectral
