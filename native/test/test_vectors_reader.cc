// The reader of vector files: the same whatever the pieces it gets, and no crash whatever the bytes.
#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <string>

#include "../dispatch/select.h"
#include "../vectors/number.h"
#include "../vectors/vector_reader.h"

using namespace vectral;

namespace {

struct Read {
  bool ok = false;
  std::string problem;
  std::shared_ptr<VectorSet> set;
  VectorFileReport report;
};

Read read(const std::string& file, size_t piece, VectorFileFormat format) {
  Read result;
  const IsaChoice* isa = nullptr;
  REQUIRE(selected_isa(&isa).is_ok());
  format.path = "f";
  VectorReader reader(format, *isa->kernels);
  bool done = false;
  for (size_t at = 0; !done;) {
    const size_t n = std::min(piece, file.size() - at);
    // A copy of its own size, so that reading beyond it shows.
    const std::vector<char> bytes(file.begin() + static_cast<int64_t>(at), file.begin() + static_cast<int64_t>(at + n));
    at += n;
    const Status status = reader.feed({bytes.data(), bytes.size()}, at == file.size(), 2, &done);
    if (!status.is_ok()) return result.problem = status.message(), result;
  }
  const Status status = reader.finish(&result.set);
  result.ok = status.is_ok();
  result.problem = status.message();
  result.report = reader.report();
  return result;
}

VectorFileFormat with(bool binary, DType dtype = DType::f32) {
  VectorFileFormat format;
  format.binary = binary;
  format.dtype = dtype;
  return format;
}

std::string binary_file(int rows, int dim) {
  std::string file = std::to_string(rows) + " " + std::to_string(dim) + "\n";
  for (int r = 0; r < rows; ++r) {
    file += "w" + std::to_string(r) + " ";
    for (int c = 0; c < dim; ++c) {
      const float x = static_cast<float>(r * dim + c) / 7;
      file.append(reinterpret_cast<const char*>(&x), sizeof x);
    }
    if (r % 3 != 0) file += '\n';
  }
  return file;
}

}  // namespace

TEST_CASE("vector files: pieces of any size give the same") {
  const std::string binary = binary_file(20, 3);
  std::string text = "20 3\n";
  for (int r = 0; r < 20; ++r) {
    text += "w" + std::to_string(r);
    for (int c = 0; c < 3; ++c) text += " " + std::to_string(r * 3 + c) + ".25e-1";
    text += r % 2 == 0 ? "\n" : " \r\n";
  }
  for (const bool is_binary : {true, false}) {
    const std::string& file = is_binary ? binary : text;
    const Read whole = read(file, file.size(), with(is_binary));
    REQUIRE(whole.ok);
    REQUIRE(whole.set->size() == 20);
    for (size_t piece = 1; piece < 60; ++piece) {
      const Read cut = read(file, piece, with(is_binary));
      REQUIRE(cut.ok);
      REQUIRE(cut.set->size() == 20);
      CHECK(std::memcmp(cut.set->vectors.storage->data(), whole.set->vectors.storage->data(), 20 * 3 * 4) == 0);
      for (int32_t i = 0; i < 20; ++i) CHECK(cut.set->words.word(i) == whole.set->words.word(i));
    }
  }
}

TEST_CASE("vector files: damaged bytes are read or refused, and nothing else happens") {
  std::mt19937 random(3);
  const std::string sound[] = {binary_file(9, 4), "3 2\na 1 2\nb\xC3\xA9 3 4\n. . 5 6\n", "a 1 2\nb 3 4\na 5 6\n"};
  int refused = 0;
  for (int trial = 0; trial < 6000; ++trial) {
    std::string file = sound[trial % 3];
    for (uint32_t change = random() % 4 + 1; change > 0; --change) {
      const size_t at = file.empty() ? 0 : random() % file.size();
      if (random() % 3 == 0)
        file.erase(at, random() % 5);
      else if (random() % 2 == 0)
        file.insert(at, 1, " \n-9e.\xFF"[random() % 7]);
      else if (!file.empty())
        file[at] = static_cast<char>(random());
    }
    const DType dtypes[] = {DType::f32, DType::f16, DType::i8};
    VectorFileFormat format = with(trial % 3 == 0, dtypes[random() % 3]);
    format.undecodable = static_cast<Undecodable>(random() % 3);
    format.latin1 = random() % 8 == 0;
    const Read result = read(file, random() % 20 + 1, format);
    if (!result.ok) {
      ++refused;
      CHECK(result.problem.substr(0, 3) == "f: ");
      continue;
    }
    CHECK(result.set->size() * result.set->dim() * dtype_bytes(format.dtype) == result.set->vectors.storage->bytes());
  }
  CHECK(refused > 1000);
  CHECK(refused < 6000);
}

TEST_CASE("numbers in text are those of strtod, rounded to float") {
  std::mt19937_64 random(5);
  for (int trial = 0; trial < 50000; ++trial) {
    std::string text = random() % 2 == 0 ? "-" : "";
    for (uint64_t digits = random() % 22 + 1; digits > 0; --digits) text += static_cast<char>('0' + random() % 10);
    if (random() % 2 == 0) text.insert(text.size() - random() % (text.size() - (text[0] == '-')), ".");
    if (random() % 2 == 0) text += "e" + std::to_string(static_cast<int>(random() % 100) - 50);
    float value = 0;
    const char* const end = read_number(text.data(), text.data() + text.size(), &value);
    CAPTURE(text);
    CHECK(end == text.data() + text.size());
    CHECK(value == static_cast<float>(std::strtod(text.c_str(), nullptr)));
  }
  float value;
  for (const char* const none : {"", "-", ".", "e5", "x", "-x"})
    CHECK(read_number(none, none + std::strlen(none), &value) == nullptr);
}

TEST_CASE("numbers written as text are read back to the bit") {
  std::mt19937 random(8);
  const auto check = [](float value) {
    char text[kNumberLength] = {};
    char* const end = write_number(value, text);
    float back = 0;
    const bool whole = end < text + kNumberLength && read_number(text, end, &back) == end;
    const float other = std::strtof(text, nullptr);
    const bool same = std::memcmp(&back, &value, sizeof value) == 0 && std::memcmp(&other, &value, sizeof value) == 0;
    if (!whole || !same) FAIL_CHECK(text);  // asserting each of hundreds of thousands takes longer than all else here
  };
  for (int trial = 0; trial < 200000; ++trial) {
    const uint32_t bits = static_cast<uint32_t>(random());
    float value;
    std::memcpy(&value, &bits, sizeof value);
    if (value == value) check(value);
    check(static_cast<float>(bits % 2000001) / 1e6f - 1);
    check((static_cast<float>(bits) / 2147483648.0f - 1) * 5);
  }
  const std::pair<float, const char*> known[] = {
      {0.5f, "0.5"}, {-0.25f, "-0.25"},    {1, "1"},         {100, "100"},           {0.1f, "0.1"}, {0, "0"},
      {-0.0f, "-0"}, {1e-7f, "0.0000001"}, {1e30f, "1e+30"}, {999999.5f, "999999.5"}};
  for (const auto& [value, wanted] : known) {
    char text[kNumberLength] = {};
    write_number(value, text);
    CHECK(std::string(text) == wanted);
    check(value);
  }
  for (const float value : {HUGE_VALF, -HUGE_VALF, std::nanf("")}) {
    char text[kNumberLength] = {};
    write_number(value, text);
    CHECK((std::string(text) == "inf" || std::string(text) == "-inf" || std::string(text) == "nan"));
  }
}
