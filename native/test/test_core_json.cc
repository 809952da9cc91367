#include <doctest/doctest.h>

#include <string>

#include "../core/json_reader.h"

using vectral::JsonReader;

namespace {

// Reads one string value; "!" and the error where that fails.
std::string string_of(const std::string& json) {
  JsonReader reader(json);
  std::string value;
  if (!reader.read_string(&value) || !reader.at_end()) return "!" + reader.error();
  return value;
}

bool count_of(const std::string& json, int64_t* value) {
  JsonReader reader(json);
  return reader.read_count(value) && reader.at_end();
}

}  // namespace

TEST_CASE("json: strings and their escapes") {
  CHECK(string_of("\"plain\"") == "plain");
  CHECK(string_of("  \"\" ") == "");
  CHECK(string_of(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(string_of(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "Aé€😀");
  CHECK(string_of(R"("\u0000")") == std::string(1, '\0'));
  CHECK(string_of("\"é€😀\"") == "é€😀");
}

TEST_CASE("json: strings that are refused") {
  for (const char* bad : {"",
                          "\"",
                          "\"open",
                          "open\"",
                          "\"\\x\"",
                          "\"\\u12\"",
                          "\"\\u12g4\"",
                          "\"\\ud83d\"",
                          "\"\\ud83dx\"",
                          "\"\\ud83d\\u0041\"",
                          "\"\\ude00\"",
                          "\"\n\"",
                          "\"\x01\"",
                          "\"\xff\"",
                          "\"\xc0\x80\"",
                          "\"\xed\xa0\x80\"",
                          "\"\xf4\x90\x80\x80\"",
                          "\"\xe2\x82\"",
                          "\"a\" x",
                          "1",
                          "null"}) {
    CAPTURE(bad);
    CHECK(string_of(bad).substr(0, 1) == "!");
  }
}

TEST_CASE("json: counts are whole, not negative and at most 2^53") {
  int64_t value = -1;
  CHECK((count_of("0", &value) && value == 0));
  CHECK((count_of(" 384 ", &value) && value == 384));
  CHECK((count_of("9007199254740992", &value) && value == int64_t{1} << 53));
  for (const char* bad : {"-1", "+1", "01", "00", "1.0", "1.5", "1e3", "1E3", "9007199254740993",
                          "99999999999999999999999", "NaN", "Infinity", "0x10", "true", "\"1\"", "", "-", "."}) {
    CAPTURE(bad);
    CHECK_FALSE(count_of(bad, &value));
  }
}

TEST_CASE("json: objects and arrays, walked by who knows what must come") {
  JsonReader reader(R"( { "a" : [ 1 , 2 ] , "b" : { } } )");
  std::string key;
  int64_t number = 0, sum = 0;
  REQUIRE(reader.begin_object());
  REQUIRE(reader.next_key(&key));
  CHECK(key == "a");
  REQUIRE(reader.begin_array());
  while (reader.next_element()) {
    REQUIRE(reader.read_count(&number));
    sum += number;
  }
  CHECK(sum == 3);
  REQUIRE(reader.next_key(&key));
  CHECK(key == "b");
  REQUIRE(reader.begin_object());
  CHECK_FALSE(reader.next_key(&key));
  CHECK_FALSE(reader.next_key(&key));
  CHECK(reader.at_end());
  CHECK_FALSE(reader.failed());
}

TEST_CASE("json: broken objects stop with the byte at which they break") {
  for (const char* bad :
       {"{", "{,}", "{\"a\" 1}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{\"a\":1]", "{a:1}", "[", "{1:1}"}) {
    CAPTURE(bad);
    JsonReader reader(bad);
    std::string key;
    int64_t number = 0;
    if (reader.begin_object()) {
      while (reader.next_key(&key) && reader.read_count(&number)) {
      }
    }
    CHECK(reader.failed());
    CHECK(reader.error().substr(0, 5) == "byte ");
    CHECK_FALSE(reader.read_count(&number));
  }
}

TEST_CASE("json: quoted text in messages has no control characters and a bounded length") {
  CHECK(vectral::quoted("a\nb") == "\"a\\x0ab\"");
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "é";
  const std::string cut = vectral::quoted(wide);
  CHECK(cut.size() < 140);
  CHECK(vectral::is_utf8(cut));
}
