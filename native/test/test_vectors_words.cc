#include <doctest/doctest.h>

#include <string>
#include <unordered_map>

#include "../vectors/word_table.h"

using namespace vectral;

TEST_CASE("a table of words finds each at its place, and nothing else") {
  WordTable table;
  CHECK(table.find("a") == WordTable::kNone);
  std::unordered_map<std::string, int32_t> expected;
  // Short and long words, the empty one, NUL and bytes that are no UTF-8, over several growths of the table.
  for (int i = 0; i < 5000; ++i) {
    std::string word(static_cast<size_t>(i % 40), static_cast<char>(i * 7));
    word += i == 0 ? "" : std::to_string(i * 2654435761u % 3000u);
    const auto [found, fresh] = expected.emplace(word, table.size());
    CHECK(table.add(word) == (fresh ? found->second : WordTable::kNone));
  }
  REQUIRE(table.size() == static_cast<int32_t>(expected.size()));
  for (const auto& [word, place] : expected) {
    CHECK(table.find(word) == place);
    CHECK(table.word(place) == word);
    CHECK(table.find(word + "?") == WordTable::kNone);
  }
}
