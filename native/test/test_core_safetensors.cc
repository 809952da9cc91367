#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "../core/safetensors.h"

using namespace vectral;

namespace {

// A file with this header and this many bytes of data.
std::string file_of(const std::string& header, size_t data_bytes) {
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>(static_cast<uint64_t>(header.size()) >> (8 * i));
  return file + header + std::string(data_bytes, '\0');
}

Status read(const std::string& file, SafetensorsHeader* header) {
  // Of its exact size on the heap, so that a sanitizer sees a read past the end.
  const std::vector<uint8_t> bytes(file.begin(), file.end());
  return read_safetensors_header("f.safetensors", bytes.data(), static_cast<int64_t>(bytes.size()), header);
}

std::string error_of(const std::string& file) {
  SafetensorsHeader header;
  return read(file, &header).message();
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape,
                   const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Lie {
  const char* what;
  std::string file;
  const char* says;  // part of the message
};

}  // namespace

TEST_CASE("safetensors: a sound file with metadata, several types, padding and an empty tensor") {
  const std::string json = "{\"__metadata__\":{\"format\":\"pt\",\"a\":\"\"}," +
                           tensor("w", "F16", "[2, 3]", "[0,12]") + "," + tensor("none", "F32", "[0,7]", "[12,12]") +
                           "," + tensor("ids", "I64", "[]", "[12,20]") + "}   ";
  SafetensorsHeader header;
  const Status status = read(file_of(json, 20), &header);
  REQUIRE_MESSAGE(status.is_ok(), status.message());
  REQUIRE(header.entries.size() == 3);
  CHECK(header.data_begin == static_cast<int64_t>(8 + json.size()));
  const SafetensorsEntry* w = header.find("w");
  REQUIRE(w != nullptr);
  CHECK(w->dtype == "F16");
  CHECK(w->shape == std::vector<int64_t>{2, 3});
  CHECK((w->begin == 0 && w->end == 12));
  CHECK(header.find("ids")->shape.empty());
  CHECK(header.find("__metadata__") == nullptr);
  REQUIRE(header.metadata.size() == 2);
  CHECK(header.metadata[0] == std::pair<std::string, std::string>("format", "pt"));
}

TEST_CASE("safetensors: no tensors at all is legal") {
  SafetensorsHeader header;
  CHECK(read(file_of("{}", 0), &header).is_ok());
  CHECK(header.entries.empty());
}

TEST_CASE("safetensors: every lie is one sentence that names the file and the field") {
  const std::string good = tensor("a", "F32", "[2]", "[0,8]");
  std::string deep = "{\"a\":";
  for (int i = 0; i < 100000; ++i) deep += "[";
  std::string many_dims = "[1";
  for (int i = 0; i < 40; ++i) many_dims += ",1";
  const Lie lies[] = {
      {"empty file", "", "cannot hold a header length"},
      {"seven bytes", std::string(7, '\0'), "cannot hold a header length"},
      {"length past the end", std::string("\xff\0\0\0\0\0\0\0{}", 10), "reaches past the end"},
      {"length above the limit", std::string("\0\0\0\0\1\0\0\0{}", 10), "above the limit"},
      {"length of all ones", std::string(8, '\xff') + "{}", "above the limit"},
      {"empty header", file_of("", 0), "does not begin with"},
      {"space before the brace", file_of(" {}", 0), "does not begin with"},
      {"an array", file_of("[]", 0), "does not begin with"},
      {"cut header", file_of("{\"a\":{\"dtype\":\"F32\"", 0), "tensor \"a\""},
      {"text after the header", file_of("{}x", 0), "follows the closing brace"},
      {"a second object", file_of("{} {}", 0), "follows the closing brace"},
      {"deep nesting", file_of(deep, 0), "expected an object"},
      {"name twice", file_of("{" + good + "," + good + "}", 8), "\"a\" occurs twice"},
      {"name twice, once escaped", file_of("{" + good + "," + tensor("\\u0061", "F32", "[2]", "[8,16]") + "}", 16),
       "occurs twice"},
      {"metadata twice", file_of("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "\"__metadata__\" occurs twice"},
      {"metadata key twice", file_of("{\"__metadata__\":{\"k\":\"1\",\"k\":\"2\"}}", 0), "\"k\" occurs twice"},
      {"metadata number", file_of("{\"__metadata__\":{\"k\":1}}", 0), "__metadata__"},
      {"metadata list", file_of("{\"__metadata__\":[]}", 0), "__metadata__"},
      {"entry is a list", file_of("{\"a\":[]}", 0), "tensor \"a\""},
      {"entry is null", file_of("{\"a\":null}", 0), "tensor \"a\""},
      {"unknown type", file_of("{" + tensor("a", "F31", "[2]", "[0,8]") + "}", 8), "unknown type \"F31\""},
      {"type in lower case", file_of("{" + tensor("a", "f32", "[2]", "[0,8]") + "}", 8), "unknown type"},
      {"type is a number", file_of("{\"a\":{\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]}}", 8),
       "field \"dtype\""},
      {"no type", file_of("{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}", 8), "has no field \"dtype\""},
      {"no shape", file_of("{\"a\":{\"dtype\":\"F32\",\"data_offsets\":[0,8]}}", 8), "has no field \"shape\""},
      {"no offsets", file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8), "has no field \"data_offsets\""},
      {"field twice", file_of("{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8),
       "occurs twice"},
      {"unknown field", file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", 8),
       "unknown field"},
      {"negative size", file_of("{" + tensor("a", "F32", "[-2]", "[0,8]") + "}", 8), "field \"shape\""},
      {"fractional size", file_of("{" + tensor("a", "F32", "[2.0]", "[0,8]") + "}", 8), "field \"shape\""},
      {"size with an exponent", file_of("{" + tensor("a", "F32", "[2e0]", "[0,8]") + "}", 8), "field \"shape\""},
      {"size is a string", file_of("{" + tensor("a", "F32", "[\"2\"]", "[0,8]") + "}", 8), "field \"shape\""},
      {"size is NaN", file_of("{" + tensor("a", "F32", "[NaN]", "[0,8]") + "}", 8), "field \"shape\""},
      {"size too large to hold", file_of("{" + tensor("a", "F32", "[99999999999999999999]", "[0,8]") + "}", 8),
       "field \"shape\""},
      {"shape that overflows", file_of("{" + tensor("a", "F32", "[4294967296,4294967296]", "[0,0]") + "}", 0),
       "too many elements"},
      {"overflow hidden by a zero", file_of("{" + tensor("a", "F32", "[4294967296,4294967296,0]", "[0,0]") + "}", 0),
       "too many elements"},
      {"too many dimensions", file_of("{" + tensor("a", "F32", many_dims + "]", "[0,4]") + "}", 4), "more than 32"},
      {"shape is a number", file_of("{" + tensor("a", "F32", "2", "[0,8]") + "}", 8), "field \"shape\""},
      {"one offset", file_of("{" + tensor("a", "F32", "[2]", "[8]") + "}", 8), "two numbers"},
      {"three offsets", file_of("{" + tensor("a", "F32", "[2]", "[0,8,8]") + "}", 8), "field \"data_offsets\""},
      {"offsets fall", file_of("{" + tensor("a", "F32", "[2]", "[8,0]") + "}", 8), "end before they begin"},
      {"negative offset", file_of("{" + tensor("a", "F32", "[2]", "[-8,0]") + "}", 8), "field \"data_offsets\""},
      {"offsets past the data", file_of("{" + tensor("a", "F32", "[2]", "[0,8]") + "}", 4), "reach past"},
      {"huge offsets", file_of("{" + tensor("a", "F32", "[2]", "[9007199254740984,9007199254740992]") + "}", 8),
       "reach past"},
      {"too few bytes", file_of("{" + tensor("a", "F32", "[3]", "[0,8]") + "}", 8), "needs 12"},
      {"too many bytes", file_of("{" + tensor("a", "F32", "[1]", "[0,8]") + "}", 8), "needs 4"},
      {"overlap", file_of("{" + good + "," + tensor("b", "F32", "[2]", "[4,12]") + "}", 12), "overlap those of \"a\""},
      {"the same bytes twice", file_of("{" + good + "," + tensor("b", "F32", "[2]", "[0,8]") + "}", 8), "overlap"},
      {"hole", file_of("{" + good + "," + tensor("b", "F32", "[2]", "[12,20]") + "}", 20), "hole of 4 bytes"},
      {"hole at the start", file_of("{" + tensor("b", "F32", "[2]", "[4,12]") + "}", 12), "hole of 4 bytes"},
      {"bytes left over", file_of("{" + good + "}", 9), "appended"},
      {"bytes without tensors", file_of("{}", 1), "appended"},
      {"name is not UTF-8", file_of("{\"\xff\":{}}", 0), "valid UTF-8"},
      {"name with half a surrogate pair", file_of("{\"\\ud800\":{}}", 0), "surrogate"},
      {"comma at the end", file_of("{" + good + ",}", 8), "expected a string"},
  };
  for (const Lie& lie : lies) {
    CAPTURE(lie.what);
    const std::string message = error_of(lie.file);
    CAPTURE(message);
    CHECK(contains(message, "f.safetensors: "));
    CHECK(contains(message, lie.says));
    CHECK(message.size() < 400);
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE(
    "safetensors: a sound file cut at any byte, or with any byte of its header changed, never passes for another") {
  const std::string json = "{" + tensor("a", "F32", "[2]", "[0,8]") + "," + tensor("b", "I8", "[4]", "[8,12]") + "}";
  const std::string whole = file_of(json, 12);
  for (size_t n = 0; n < whole.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(error_of(whole.substr(0, n)).empty());
  }
  for (size_t i = 0; i < 8 + json.size(); ++i) {
    for (const char c : {'\0', '"', '{', '9', '\xff'}) {
      std::string changed = whole;
      changed[i] = c;
      SafetensorsHeader header;
      // Some changes are legal (another name); all that pass must still describe exactly these 12 bytes.
      if (!read(changed, &header).is_ok()) continue;
      int64_t bytes = 0;
      for (const SafetensorsEntry& entry : header.entries) bytes += entry.end - entry.begin;
      CHECK(bytes == 12);
    }
  }
}
