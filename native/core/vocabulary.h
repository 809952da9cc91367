// The tables by which a tokenizer finds tokens and ids (read by src/tokenizers/vocabulary.ts), and a quick way to fill
// them: a vocabulary has tens of thousands of tokens, and none can be missing when the first text comes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vectral {

constexpr int32_t kLargestTokenId = (1 << 24) - 1;

struct Vocabulary {
  std::u16string units;               // all tokens, one after another, in UTF-16
  std::vector<int32_t> bounds = {0};  // token i is units [bounds[i], bounds[i + 1])
  std::vector<int32_t> ids;           // of each token, 0 .. kLargestTokenId

  // Filled by index_vocabulary:
  std::vector<int32_t> hashes;  // of each token: FNV-1a over its units
  std::vector<int32_t>
      slots;  // a power of two; the place + 1 of a token at (h ^ h >>> 15) or the next free one, else 0
  std::vector<int32_t> places;  // by id: the token's place + 1, or 0
  int32_t longest = 0;          // units of the longest token
};

// The place of the first token that stands twice, or whose id an earlier one has; -1, with all tables filled, if there
// is none.
int64_t index_vocabulary(Vocabulary* vocabulary);

// Finds `"model" … "vocab": {"token": id, …}` in a tokenizer.json and reads and indexes it: the object's bytes are
// [begin, end). False for anything but strict JSON with ids in range and without repetition, and where there is none.
bool scan_vocabulary(std::string_view json, Vocabulary* vocabulary, size_t* begin, size_t* end);

// The same of `"vocab": [["piece", score], …]`, whose ids are the places.
bool scan_pieces(std::string_view json, Vocabulary* vocabulary, std::vector<double>* scores, size_t* begin,
                 size_t* end);

}  // namespace vectral
