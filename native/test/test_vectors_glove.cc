// GloVe: co-occurrences and steps against the fixture, and the same cells whatever memory there is.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "../dispatch/select.h"
#include "../vectors/glove_trainer.h"
#include "glove_steps.h"

namespace vectral::test {
namespace {

using Cells = std::map<std::pair<std::string, std::string>, double>;

struct TemporaryFolder {
  std::string path;
  TemporaryFolder() : path((std::filesystem::temp_directory_path() / "vectral-glove-XXXXXX").string()) {
    REQUIRE(mkdtemp(path.data()) != nullptr);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  int64_t files() const {
    return std::distance(std::filesystem::directory_iterator(path), std::filesystem::directory_iterator());
  }
};

const KernelTable& kernels() {
  const IsaChoice* isa = nullptr;
  REQUIRE(selected_isa(&isa).is_ok());
  return *isa->kernels;
}

// Straight from the definition.
Cells expected_cells(const std::vector<std::vector<std::string>>& sentences, size_t window, bool symmetric) {
  Cells cells;
  for (const std::vector<std::string>& words : sentences) {
    for (size_t i = 0; i < words.size(); ++i) {
      for (size_t j = i < window ? 0 : i - window; j < i; ++j) {
        const double count = 1.0 / static_cast<double>(i - j);
        cells[{words[i], words[j]}] += count;
        if (symmetric) cells[{words[j], words[i]}] += count;
      }
    }
  }
  return cells;
}

Cells cells_of(CooccurrenceRecords* records, const WordTable& words) {
  Cells cells;
  RandomStream random(1);
  for (int part = 0; part < records->parts(); ++part) {
    std::vector<Cooccurrence> read;
    REQUIRE(records->load(part, &random, &read).is_ok());
    for (const auto& [word, context, count] : read) {
      const auto [cell, fresh] =
          cells.emplace(std::pair{std::string(words.word(word)), std::string(words.word(context))}, count);
      CHECK(fresh);
      (void)cell;
    }
  }
  return cells;
}

void check_same(const Cells& cells, const Cells& expected) {
  REQUIRE(cells.size() == expected.size());
  for (const auto& [key, count] : expected) {
    CAPTURE(key.first);
    CAPTURE(key.second);
    REQUIRE(cells.count(key) == 1);
    CHECK(std::abs(cells.at(key) - count) < 1e-6 * count);
  }
}

}  // namespace

TEST_CASE("GloVe: co-occurrences of the fixture") {
  WordCounts counts;
  counts.add(glove::kText);
  CooccurrenceOptions options;
  options.window = glove::kWindow;
  CooccurrenceCounter counter(options, counts.words);
  REQUIRE(counter.add(glove::kText).is_ok());
  CooccurrenceRecords records;
  REQUIRE(records.gather(&counter).is_ok());
  Cells expected;
  for (size_t i = 0; i < glove::kCells.size(); i += 3) {
    expected[{glove::kWords[static_cast<size_t>(glove::kCells[i])],
              glove::kWords[static_cast<size_t>(glove::kCells[i + 1])]}] = glove::kCells[i + 2];
  }
  CHECK(records.size() == static_cast<int64_t>(expected.size()));
  check_same(cells_of(&records, counts.words), expected);
}

TEST_CASE("GloVe: the same cells in any memory, from files where it is little") {
  RandomStream random(9);
  std::vector<std::vector<std::string>> sentences(150);
  std::string text;
  for (std::vector<std::string>& sentence : sentences) {
    for (uint32_t i = random.below(40); i > 0; --i) {
      sentence.push_back("w" + std::to_string(random.below(random.below(300) + 1)));
      text += sentence.back() + " ";
    }
    text += "\n";
  }
  WordCounts counts;
  counts.add(text);
  for (const bool symmetric : {true, false}) {
    const Cells expected = expected_cells(sentences, 7, symmetric);
    for (const int64_t memory : {INT64_C(1) << 26, INT64_C(1) << 16, INT64_C(1) << 12}) {
      CAPTURE(memory);
      const TemporaryFolder folder;
      CooccurrenceOptions options;
      options.window = 7;
      options.symmetric = symmetric;
      options.memory = memory;
      options.folder = folder.path;
      CooccurrenceCounter counter(options, counts.words);
      REQUIRE(counter.add(text).is_ok());
      CHECK((counter.spilled() > 0) == (memory < 1 << 20));
      CooccurrenceRecords records;
      REQUIRE(records.gather(&counter).is_ok());
      CHECK((records.parts() > 1) == (memory < 1 << 20));
      check_same(cells_of(&records, counts.words), expected);
      CHECK(folder.files() == 0);  // what was spilled has no name that could be left behind
    }
  }
}

TEST_CASE("GloVe: a folder that cannot be written is told") {
  CooccurrenceOptions options;
  options.memory = 1;
  options.folder = "/nonexistent/folder";
  WordCounts counts;
  std::string text;
  for (int i = 0; i < 300; ++i) text += "w" + std::to_string(i) + " ";
  counts.add(text);
  CooccurrenceCounter counter(options, counts.words);
  const Status status = counter.add(text);
  CHECK(!status.is_ok());
  CHECK(status.message().find("/nonexistent/folder: a temporary file cannot be written") != std::string::npos);
}

TEST_CASE("GloVe: the steps of the fixture") {
  GloveOptions options;
  options.dim = 6;
  options.min_count = 1;
  options.eta = glove::kEta;
  options.x_max = glove::kMost;
  options.alpha = glove::kAlpha;
  options.cooccurrence.window = glove::kWindow;
  GloveTrainer trainer(options, kernels());
  trainer.count(glove::kText);
  REQUIRE(trainer.build().is_ok());
  using Matrix = GloveTrainer::Matrix;
  const size_t words = glove::kWords.size();
  const auto set = [&](Matrix matrix, const std::vector<double>& rows, const std::vector<double>& biases) {
    for (size_t w = 0; w < words; ++w) {
      for (size_t c = 0; c < 6; ++c) {
        trainer.row(matrix, static_cast<int64_t>(w))[c] = static_cast<float>(rows[w * 6 + c]);
      }
      trainer.biases(matrix)[w] = static_cast<float>(biases[w]);
    }
  };
  set(Matrix::kWords, glove::kStartWords, glove::kStartWordBiases);
  set(Matrix::kContexts, glove::kStartContexts, glove::kStartContextBiases);
  for (const glove::Step& step : glove::kSteps) {
    double loss = 0;
    trainer.step(step.word, step.context, static_cast<float>(step.x), &loss);
    CHECK(std::abs(loss - step.cost) < 1e-6);
  }
  const auto check = [&](Matrix matrix, const std::vector<double>& rows, const std::vector<double>& biases) {
    for (size_t w = 0; w < words; ++w) {
      for (size_t c = 0; c < 6; ++c) {
        CHECK(std::abs(trainer.row(matrix, static_cast<int64_t>(w))[c] - rows[w * 6 + c]) < 1e-6);
      }
      CHECK(std::abs(trainer.biases(matrix)[w] - biases[w]) < 1e-6);
    }
  };
  check(Matrix::kWords, glove::kWordsAfter, glove::kWordBiasesAfter);
  check(Matrix::kContexts, glove::kContextsAfter, glove::kContextBiasesAfter);
  check(Matrix::kWordSquares, glove::kWordSquaresAfter, glove::kWordBiasSquaresAfter);
  check(Matrix::kContextSquares, glove::kContextSquaresAfter, glove::kContextBiasSquaresAfter);
}

}  // namespace vectral::test
