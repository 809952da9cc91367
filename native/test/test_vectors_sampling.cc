#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../vectors/huffman.h"
#include "../vectors/word_counts.h"
#include "../vectors/word_sampling.h"

using namespace vectral;

namespace {

// test/fixtures/word-vectors/training-steps.json, "tables": worked out in float64 by another program.
const std::vector<int64_t> kCounts = {3001, 1700, 905, 410, 211, 97, 52, 23, 11, 6};
const std::vector<double> kNoise = {
    0.38529555416438926,  0.2515829424903341,   0.1567945401168017,   0.08658295300077114, 0.05260855130972843,
    0.029371308977185727, 0.018401236579925994, 0.009980226054299967, 0.00573969764266531, 0.003642989663898562};

HuffmanCodes codes_of(const std::vector<int64_t>& counts) {
  HuffmanTree tree;
  tree.build(counts.data(), static_cast<int32_t>(counts.size()));
  return huffman_codes(tree);
}

std::string path_of(const HuffmanCodes& codes, size_t word) {
  std::string path;
  for (int64_t i = codes.begin[word]; i < codes.begin[word + 1]; ++i) {
    const auto step = static_cast<size_t>(i);
    path += std::to_string(codes.nodes[step]) + (codes.bits[step] == 0 ? "- " : "+ ");
  }
  return path;
}

}  // namespace

TEST_CASE("noise words come by their counts to the power 0.75") {
  const AliasTable table(noise_weights(kCounts, 0.75));
  const size_t words = kCounts.size();
  std::vector<double> share(words);
  for (size_t i = 0; i < words; ++i) {
    share[i] += table.keep()[i] / static_cast<double>(words);
    share[table.other()[i]] += (1 - table.keep()[i]) / static_cast<double>(words);
  }
  for (size_t i = 0; i < words; ++i) CHECK(std::abs(share[i] - kNoise[i]) < 1e-7);

  RandomStream random = RandomStream::of(1, 0);
  std::vector<int64_t> drawn(words);
  constexpr int64_t kDraws = 1000000;
  for (int64_t i = 0; i < kDraws; ++i) ++drawn[table.draw(random)];
  for (size_t i = 0; i < words; ++i) {
    // Five standard deviations of a binomial distribution.
    const double expected = kNoise[i] * kDraws;
    CHECK(std::abs(static_cast<double>(drawn[i]) - expected) < 5 * std::sqrt(expected * (1 - kNoise[i])));
  }
}

TEST_CASE("noise of any exponent is a distribution") {
  const double most = std::numeric_limits<double>::max();
  for (const double exponent : {0.0, 1e3, -1e3, most, -most}) {
    const AliasTable table(noise_weights(kCounts, exponent));
    RandomStream random(7);
    for (int i = 0; i < 100; ++i) {
      const uint32_t word = table.draw(random);
      REQUIRE(word < kCounts.size());
      if (exponent >= 1e3) CHECK(word == 0);
      if (exponent <= -1e3) CHECK(word == kCounts.size() - 1);
    }
  }
}

TEST_CASE("frequent words are passed over as word2vec.c does") {
  const double at_0_001[] = {0.048375968844343364, 0.06520796537824708, 0.09128868780855201};
  const double at_0_01[] = {0.16759698149761107, 0.23201206072911074, 0.33715622950004154, 0.5520732000559405};
  for (size_t i = 0; i < 3; ++i) CHECK(std::abs(keep_probabilities(kCounts, 0.001)[i] - at_0_001[i]) < 1e-7);
  for (size_t i = 0; i < 4; ++i) CHECK(std::abs(keep_probabilities(kCounts, 0.01)[i] - at_0_01[i]) < 1e-7);
  CHECK(keep_probabilities(kCounts, 0.01)[9] == 1.0f);
  CHECK(keep_probabilities(kCounts, 0)[0] == 1.0f);
}

TEST_CASE("Huffman codes are word2vec.c's, ties too") {
  const HuffmanCodes codes = codes_of(kCounts);
  CHECK(path_of(codes, 0) == "8- ");
  CHECK(path_of(codes, 1) == "8+ 7- ");
  CHECK(path_of(codes, 2) == "8+ 7+ 6+ ");
  CHECK(path_of(codes, 3) == "8+ 7+ 6- 5+ ");
  CHECK(path_of(codes, 5) == "8+ 7+ 6- 5- 4- 3+ ");
  const HuffmanCodes ties = codes_of({8, 4, 4, 2, 2, 2, 1, 1});
  const char* const expected[] = {"6- ",          "6+ 5+ 4+ ",    "6+ 5+ 4- ",       "6+ 5- 3+ 2+ ",
                                  "6+ 5- 3+ 2- ", "6+ 5- 3- 1+ ", "6+ 5- 3- 1- 0+ ", "6+ 5- 3- 1- 0- "};
  for (size_t i = 0; i < 8; ++i) CHECK(path_of(ties, i) == expected[i]);
}

TEST_CASE("streams of one seed have nothing in common") {
  // Every pair of streams, over more numbers than a sentence takes.
  std::vector<uint64_t> all;
  for (uint64_t number = 0; number < 8; ++number) {
    RandomStream stream = RandomStream::of(3, number);
    for (int i = 0; i < 20000; ++i) all.push_back(stream.next());
  }
  std::sort(all.begin(), all.end());
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
}

TEST_CASE("a count that must stay small drops the rarest, line by line") {
  WordCounts counts;
  counts.add("a a a b\nc c\nd\n", {}, 2);
  // After the second line {a 3, b 1, c 2} lose b; after the third {a 3, c 2, d 1} lose all that came twice or less.
  CHECK(counts.words.size() == 1);
  CHECK(counts.words.word(0) == "a");
  CHECK(counts.counts == std::vector<int64_t>{3});
  WordCounts any;
  any.add("a a a b b c");
  const auto kept_of = [&any](int64_t least, int64_t most) {
    WordCounts kept;
    return any.vocabulary(least, most, &kept).is_ok() ? kept.words.size() : 0;
  };
  CHECK(kept_of(1, 0) == 3);
  CHECK(kept_of(2, 0) == 2);
  CHECK(kept_of(1, 3) == 3);
  CHECK(kept_of(1, 2) == 2);
  CHECK(kept_of(1, 1) == 1);
  CHECK(kept_of(4, 1) == 0);
  // b and c come as often: at most one of them is none of them
  WordCounts even;
  even.add("b c b c");
  WordCounts kept;
  CHECK(even.vocabulary(1, 1, &kept).message().find("lower minCount") != std::string::npos);
}

TEST_CASE("a word that is not UTF-8 is named") {
  WordCounts counts;
  counts.add("caf\xc3\xa9 th\xe9 th\xe9");
  CHECK(counts.check_utf8().message().find("which comes 2 times, is not valid UTF-8") != std::string::npos);
  WordCounts text;
  text.add("caf\xc3\xa9");
  CHECK(text.check_utf8().is_ok());
}
