#include <doctest/doctest.h>

#include "../core/vocabulary.h"

using namespace vectral;

namespace {

struct Scanned {
  bool found = false;
  std::string object;
  std::vector<std::u16string> tokens;
  std::vector<int32_t> ids;
};

Scanned scan(const std::string& json) {
  Scanned s;
  Vocabulary v;
  size_t begin = 0, end = 0;
  s.found = scan_vocabulary(json, &v, &begin, &end);
  if (!s.found) return s;
  s.object = json.substr(begin, end - begin);
  s.ids = v.ids;
  for (size_t i = 0; i < v.ids.size(); ++i) {
    s.tokens.push_back(
        v.units.substr(static_cast<size_t>(v.bounds[i]), static_cast<size_t>(v.bounds[i + 1] - v.bounds[i])));
  }
  return s;
}

std::string with(const std::string& vocab) {
  return R"({"x":"vocab","model":{"type":"WordPiece","vocab":)" + vocab + "}}";
}

}  // namespace

TEST_CASE("vocabulary: tokens of every script, escapes and white space") {
  const Scanned s =
      scan(with("{ \"a\" : 0 ,\n\"\\u00e9\\\"\\ud83d\\ude00\":2,\"\":1, \"\xe4\xb8\xad\xf0\x9f\x98\x80\":16777215}"));
  REQUIRE(s.found);
  CHECK(s.tokens == std::vector<std::u16string>{u"a", u"\u00e9\"\U0001F600", u"", u"\u4e2d\U0001F600"});
  CHECK(s.ids == std::vector<int32_t>{0, 2, 1, 16777215});
  CHECK(s.object.front() == '{');
  CHECK(s.object.back() == '}');
}

TEST_CASE("vocabulary: whatever has a fault is left to the careful reader") {
  for (const char* vocab :
       {"{}", "[]", "{\"a\":0 \"b\":1}", "{\"a\":0,}", "{\"a\":-1}", "{\"a\":1.5}", "{\"a\":1e2}", "{\"a\":01}",
        "{\"a\":16777216}", "{\"a\":99999999999999999999}", "{\"a\":0,\"b\":0}", "{\"a\":0,\"a\":1}", "{\"a\":\"0\"}",
        "{\"\\ud800\":0}", "{\"\xff\":0}", "{\"\\x\":0}", "{a:0}", "{\"a\" 0}"}) {
    CAPTURE(std::string(vocab));
    CHECK_FALSE(scan(with(vocab)).found);
  }
  for (const char* json :
       {"", "{}", "{\"model\":", "{\"model\":{\"vocab\"", "{\"model\":{\"vocab\":", "{\"vocab\":{\"a\":0}}"}) {
    CAPTURE(json);
    CHECK_FALSE(scan(json).found);
  }
}

TEST_CASE("vocabulary: pieces with scores") {
  const auto scan_list = [](const std::string& vocab, std::vector<double>* scores) {
    Vocabulary v;
    size_t begin = 0, end = 0;
    return scan_pieces(with(vocab), &v, scores, &begin, &end) ? v.units : u"none";
  };
  std::vector<double> scores;
  CHECK(scan_list("[ [\"a\" , -1.5],[\"\\u2581b\",0] ,[\"\",1e-3],[\"c\",-12.25E+1]]", &scores) == u"a\u2581bc");
  CHECK(scores == std::vector<double>{-1.5, 0, 1e-3, -122.5});
  for (const char* vocab :
       {"[]", "{}", "[[\"a\"]]", "[[\"a\",1,2]]", "[[\"a\",\"1\"]]", "[[1,\"a\"]]", "[[\"a\",01]]", "[[\"a\",1.]]",
        "[[\"a\",.5]]", "[[\"a\",-]]", "[[\"a\",1e]]", "[[\"a\",1e999]]", "[[\"a\",NaN]]", "[[\"a\",1],]",
        "[[\"a\",1][\"b\",1]]", "[[\"a\",1],[\"a\",2]]", "[[\"a\",1]"}) {
    CAPTURE(std::string(vocab));
    std::vector<double> none;
    CHECK(scan_list(vocab, &none) == u"none");
  }
}

TEST_CASE("vocabulary: every token is found where its hash says, and no other") {
  Vocabulary v;
  for (int32_t i = 0; i < 5000; ++i) {
    for (const char c : std::to_string(i * 7)) v.units.push_back(static_cast<char16_t>(c));
    v.bounds.push_back(static_cast<int32_t>(v.units.size()));
    v.ids.push_back(4999 - i);
  }
  REQUIRE(index_vocabulary(&v) == -1);
  CHECK(v.longest == 5);
  bool placed = true;
  for (int32_t i = 0; i < 5000; ++i) {
    placed = placed && v.places[static_cast<size_t>(4999 - i)] == i + 1;
    const auto hash = static_cast<uint32_t>(v.hashes[static_cast<size_t>(i)]);
    size_t slot = (hash ^ hash >> 15) & (v.slots.size() - 1);
    while (v.slots[slot] != i + 1 && v.slots[slot] != 0) slot = (slot + 1) & (v.slots.size() - 1);
    placed = placed && v.slots[slot] == i + 1;
  }
  CHECK(placed);
  CHECK(v.hashes[0] == static_cast<int32_t>(0x350CA8AF));  // FNV-1a of "0"
}
