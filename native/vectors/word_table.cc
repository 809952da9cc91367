#include "word_table.h"

namespace vectral {
namespace {

// FNV-1a, mixed once more: its low bits alone spread short words badly.
uint64_t hash_of(std::string_view word) {
  uint64_t h = 0xCBF29CE484222325u;
  for (const char c : word) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001B3u;
  return h ^ (h >> 29);
}

}  // namespace

size_t WordTable::slot_of(std::string_view sought) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = static_cast<size_t>(hash_of(sought)) & mask;
  while (slots_[slot] != 0 && word(slots_[slot] - 1) != sought) slot = (slot + 1) & mask;
  return slot;
}

int32_t WordTable::find(std::string_view word) const { return slots_.empty() ? kNone : slots_[slot_of(word)] - 1; }

int32_t WordTable::add(std::string_view word) {
  // At most two thirds are taken, so that a search ends soon.
  if (slots_.size() * 2 < (ends_.size() + 1) * 3) rehash(slots_.empty() ? 16 : slots_.size() * 2);
  const size_t slot = slot_of(word);
  if (slots_[slot] != 0) return kNone;
  text_.insert(text_.end(), word.begin(), word.end());
  ends_.push_back(text_.size());
  slots_[slot] = size();
  return size() - 1;
}

void WordTable::rehash(size_t slots) {
  slots_.assign(slots, 0);
  for (int32_t place = 0; place < size(); ++place) slots_[slot_of(word(place))] = place + 1;
}

Status add_words(std::string_view text, WordTable* words) {
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    if (words->add(text.substr(begin, end - begin)) == WordTable::kNone) {
      return Status::error("word " + std::to_string(words->size() + 1) + " is there twice");
    }
    begin = end + 1;
  }
  return Status::ok();
}

}  // namespace vectral
