#include "vocabulary.h"

#include <algorithm>

#include "json_reader.h"

namespace vectral {
namespace {

// `text` is well-formed UTF-8.
void append_utf16(std::string_view text, std::u16string* units) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i++]);
    if (lead < 0x80) {
      units->push_back(lead);
      continue;
    }
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    uint32_t code = lead & (0x3Fu >> more);
    for (int k = 0; k < more; ++k) code = code << 6 | (static_cast<uint8_t>(text[i++]) & 0x3Fu);
    if (code >= 0x10000) {
      units->push_back(static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10)));
      code = 0xDC00 + ((code - 0x10000) & 0x3FF);
    }
    units->push_back(static_cast<char16_t>(code));
  }
}

int32_t hash_of(std::u16string_view token) {
  uint32_t hash = 0x811C9DC5u;
  for (const char16_t unit : token) hash = (hash ^ unit) * 0x01000193u;
  return static_cast<int32_t>(hash);
}

uint32_t spread(int32_t hash) {
  const auto bits = static_cast<uint32_t>(hash);
  return bits ^ bits >> 15;
}

// The place after `"model"`, then `"vocab"`, a colon and white space; npos if there is none.
size_t find_vocabulary(std::string_view json) {
  constexpr std::string_view kField = "\"vocab\"";
  size_t at = json.find("\"model\"");
  if (at == std::string_view::npos) return at;
  at = json.find(kField, at);
  if (at == std::string_view::npos) return at;
  at = json.find_first_not_of(" \t\r\n", at + kField.size());
  if (at == std::string_view::npos || json[at] != ':') return std::string_view::npos;
  return json.find_first_not_of(" \t\r\n", at + 1);
}

}  // namespace

int64_t index_vocabulary(Vocabulary* vocabulary) {
  Vocabulary& v = *vocabulary;
  const size_t count = v.ids.size();
  const std::u16string_view units = v.units;
  const auto token = [&](size_t i) {
    const auto begin = static_cast<size_t>(v.bounds[i]);
    return units.substr(begin, static_cast<size_t>(v.bounds[i + 1]) - begin);
  };
  size_t size = 2;
  while (size < count * 2) size *= 2;
  v.slots.assign(size, 0);
  v.places.assign(count == 0 ? 0 : static_cast<size_t>(*std::max_element(v.ids.begin(), v.ids.end())) + 1, 0);
  v.hashes.resize(count);
  v.longest = 0;
  for (size_t i = 0; i < count; ++i) {
    const std::u16string_view text = token(i);
    int32_t& place = v.places[static_cast<size_t>(v.ids[i])];
    if (place != 0) return static_cast<int64_t>(i);
    place = static_cast<int32_t>(i) + 1;
    v.longest = std::max(v.longest, static_cast<int32_t>(text.size()));
    v.hashes[i] = hash_of(text);
    size_t slot = spread(v.hashes[i]) & (size - 1);
    for (; v.slots[slot] != 0; slot = (slot + 1) & (size - 1)) {
      const auto other = static_cast<size_t>(v.slots[slot]) - 1;
      if (v.hashes[other] == v.hashes[i] && token(other) == text) return static_cast<int64_t>(i);
    }
    v.slots[slot] = static_cast<int32_t>(i) + 1;
  }
  return -1;
}

bool scan_vocabulary(std::string_view json, Vocabulary* vocabulary, size_t* begin, size_t* end) {
  *begin = find_vocabulary(json);
  if (*begin == std::string_view::npos || json.size() > INT32_MAX) return false;
  JsonReader reader(json.substr(*begin));
  std::string token;
  if (!reader.begin_object()) return false;
  while (reader.next_key(&token)) {
    int64_t id = 0;
    if (!reader.read_count(&id) || id > kLargestTokenId) return false;
    append_utf16(token, &vocabulary->units);
    vocabulary->bounds.push_back(static_cast<int32_t>(vocabulary->units.size()));
    vocabulary->ids.push_back(static_cast<int32_t>(id));
  }
  *end = *begin + reader.position();
  return !reader.failed() && !vocabulary->ids.empty() && index_vocabulary(vocabulary) < 0;
}

bool scan_pieces(std::string_view json, Vocabulary* vocabulary, std::vector<double>* scores, size_t* begin,
                 size_t* end) {
  *begin = find_vocabulary(json);
  if (*begin == std::string_view::npos || json.size() > INT32_MAX) return false;
  JsonReader reader(json.substr(*begin));
  std::string piece;
  double score = 0;
  if (!reader.begin_array()) return false;
  while (reader.next_element()) {
    if (!reader.begin_array() || !reader.next_element() || !reader.read_string(&piece) || !reader.next_element() ||
        !reader.read_number(&score) || reader.next_element() || reader.failed()) {
      return false;
    }
    if (scores->size() > kLargestTokenId) return false;
    append_utf16(piece, &vocabulary->units);
    vocabulary->bounds.push_back(static_cast<int32_t>(vocabulary->units.size()));
    vocabulary->ids.push_back(static_cast<int32_t>(scores->size()));
    scores->push_back(score);
  }
  *end = *begin + reader.position();
  return !reader.failed() && !scores->empty() && index_vocabulary(vocabulary) < 0;
}

}  // namespace vectral
