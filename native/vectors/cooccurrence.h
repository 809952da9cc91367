// How often words come together, near pairs counting more (GloVe's matrix X), in bounded memory.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../core/spill_file.h"
#include "../core/status.h"
#include "word_counts.h"
#include "word_sampling.h"

namespace vectral {

struct CooccurrenceOptions {
  int32_t window = 15;
  bool symmetric = true;                // context on both sides; else on the left alone
  bool distance_weighting = true;       // a pair d words apart counts 1 / d; else 1
  int64_t memory = INT64_C(512) << 20;  // bytes, for counting, and again for records
  std::string folder;                   // for what does not fit: temporary files
  uint64_t seed = 1;
};

struct Cooccurrence {
  int32_t word, context;
  float count;
};

// Words beyond the vocabulary are passed over, as if they were not there. Frequent pairs are counted in a square of the
// most frequent words, others in a table; when it is full it is written to a file, sorted, as a run, and runs are
// merged.
class CooccurrenceCounter {
 public:
  CooccurrenceCounter(const CooccurrenceOptions& options, const WordTable& words);

  Status add(std::string_view text);
  // Bytes written so far.
  int64_t spilled() const { return spilled_.size(); }

 private:
  friend class CooccurrenceRecords;

  // Of words a <= b if it is symmetric: both ways are one cell.
  struct Cell {
    uint64_t key;
    double count;
  };

  struct Run {
    int64_t begin, cells;
  };

  Status line(std::string_view text);
  void add_pair(int32_t word, int32_t context, double count);
  Status spill();
  std::vector<Cell> sorted_cells();

  const CooccurrenceOptions options_;
  const WordTable& words_;
  int32_t frequent_ = 0;
  std::vector<double> square_;
  std::vector<Cell> table_;  // open addressing, a power of two; key kFree: free
  size_t used_ = 0, most_used_ = 0;
  SpillFile spilled_;
  std::vector<Run> runs_;
  std::vector<int32_t> sentence_;
};

// All cells, both ways, in an order that chance gives: in memory, or in a file, in so many parts that one of them fits.
class CooccurrenceRecords {
 public:
  // Takes the counts out of `counter`.
  Status gather(CooccurrenceCounter* counter);
  int64_t size() const { return size_; }
  int parts() const { return static_cast<int>(parts_.size()); }
  // The records of part i, shuffled anew.
  Status load(int part, RandomStream* random, std::vector<Cooccurrence>* records);

 private:
  struct Piece {
    int64_t begin, records;
  };
  struct Part {
    std::vector<Cooccurrence> waiting;  // to be written; all of it where there is one part
    std::vector<Piece> written;
  };

  Status keep(int32_t word, int32_t context, double count, bool both);
  Status flush(Part* part);

  SpillFile file_;
  std::vector<Part> parts_;
  int64_t size_ = 0;
  RandomStream random_{0};
};

}  // namespace vectral
