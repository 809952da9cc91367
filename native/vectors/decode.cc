#include "decode.h"

#include <algorithm>

namespace vectral {
namespace {

uint8_t byte_at(std::string_view text, size_t i) { return static_cast<uint8_t>(text[i]); }

// Bytes of the character at `i`, 0 if none is there; then `bad` is the length of the piece to be replaced
// (Unicode 3.9, "maximal subpart").
size_t character_length(std::string_view text, size_t i, size_t* bad) {
  const uint8_t first = byte_at(text, i);
  *bad = 1;
  if (first < 0x80) return 1;
  const size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                        : first >= 0xE0 && first <= 0xEF ? 3
                        : first >= 0xF0 && first <= 0xF4 ? 4
                                                         : 0;
  if (length == 0) return 0;
  // The second byte excludes long forms, surrogates and what lies above U+10FFFF.
  uint8_t least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  uint8_t most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  for (size_t k = 1; k < length; ++k, least = 0x80, most = 0xBF) {
    if (i + k >= text.size() || byte_at(text, i + k) < least || byte_at(text, i + k) > most) {
      *bad = k;
      return 0;
    }
  }
  return length;
}

}  // namespace

bool decode_utf8(std::string_view word, Undecodable policy, std::string* scratch, std::string_view* decoded) {
  *decoded = word;
  if (std::all_of(word.begin(), word.end(), [](char c) { return static_cast<uint8_t>(c) < 0x80; })) return true;
  scratch->clear();
  bool clean = true;
  for (size_t i = 0; i < word.size();) {
    size_t bad = 0;
    const size_t length = character_length(word, i, &bad);
    if (length > 0) {
      scratch->append(word, i, length);
    } else if (policy == Undecodable::strict) {
      return false;
    } else if (policy == Undecodable::replace) {
      scratch->append("\xEF\xBF\xBD");
    }
    clean = clean && length > 0;
    i += length > 0 ? length : bad;
  }
  if (!clean) *decoded = *scratch;
  return true;
}

std::string_view decode_latin1(std::string_view word, std::string* scratch) {
  scratch->clear();
  for (const char c : word) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte >= 0x80) scratch->push_back(static_cast<char>(0xC0 | (byte >> 6)));
    scratch->push_back(static_cast<char>(byte < 0x80 ? byte : 0x80 | (byte & 0x3F)));
  }
  return *scratch;
}

}  // namespace vectral
