#include "cooccurrence.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <queue>

namespace vectral {
namespace {

constexpr uint64_t kFree = UINT64_MAX;
constexpr int64_t kBuffered = 1 << 16;      // cells or records read or written at once
constexpr size_t kLongestSentence = 10000;  // longer lines are cut, as for word2vec
constexpr int32_t kMostFrequent = 4096;     // a side of the square

template <typename T>
Status append(SpillFile* file, const std::vector<T>& items, int64_t* begin) {
  return file->append(items.data(), static_cast<int64_t>(items.size() * sizeof(T)), begin);
}

template <typename T>
Status read(const SpillFile& file, int64_t begin, T* items, int64_t count) {
  return file.read(begin, items, count * static_cast<int64_t>(sizeof(T)));
}

uint64_t key_of(int32_t a, int32_t b) { return static_cast<uint64_t>(a) << 32 | static_cast<uint32_t>(b); }

size_t slot_of(uint64_t key, size_t mask) {
  key *= 0x9E3779B97F4A7C15u;
  return static_cast<size_t>(key ^ (key >> 32)) & mask;
}

}  // namespace

CooccurrenceCounter::CooccurrenceCounter(const CooccurrenceOptions& options, const WordTable& words)
    : options_(options), words_(words), spilled_(options.folder) {
  const double side = std::sqrt(static_cast<double>(options.memory) / 4 / sizeof(double));
  frequent_ = std::min({words.size(), kMostFrequent, static_cast<int32_t>(std::min(side, 1e9))});
  square_.assign(static_cast<size_t>(frequent_) * static_cast<size_t>(frequent_), 0);
  // A word adds up to a window of cells before the table is looked at.
  const auto cells = static_cast<uint64_t>(
      std::max<int64_t>(options.memory / 2 / static_cast<int64_t>(sizeof(Cell)), 64 + 4 * int64_t{options.window}));
  table_.assign(std::bit_floor(cells), {kFree, 0});
  most_used_ = table_.size() / 3 * 2;
}

Status CooccurrenceCounter::add(std::string_view text) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    if (Status status = line(text.substr(begin, end - begin)); !status.is_ok()) return status;
    begin = end + 1;
  }
  return Status::ok();
}

Status CooccurrenceCounter::line(std::string_view text) {
  sentence_.clear();
  Status status = Status::ok();
  each_word(text, [&](std::string_view word) {
    const int32_t place = words_.find(word);
    if (place == WordTable::kNone || !status.is_ok()) return;
    if (sentence_.size() == kLongestSentence) sentence_.clear();
    const auto window = std::min(sentence_.size(), static_cast<size_t>(options_.window));
    for (size_t d = 1; d <= window; ++d) {
      const double count = options_.distance_weighting ? 1.0 / static_cast<double>(d) : 1.0;
      add_pair(place, sentence_[sentence_.size() - d], count);
    }
    sentence_.push_back(place);
    if (used_ + static_cast<size_t>(options_.window) > most_used_) status = spill();
  });
  return status;
}

void CooccurrenceCounter::add_pair(int32_t word, int32_t context, double count) {
  if (options_.symmetric && word > context) std::swap(word, context);
  if (word < frequent_ && context < frequent_) {
    square_[static_cast<size_t>(word) * static_cast<size_t>(frequent_) + static_cast<size_t>(context)] += count;
    return;
  }
  const uint64_t key = key_of(word, context);
  const size_t mask = table_.size() - 1;
  size_t slot = slot_of(key, mask);
  while (table_[slot].key != key && table_[slot].key != kFree) slot = (slot + 1) & mask;
  if (table_[slot].key == kFree) {
    table_[slot].key = key;
    ++used_;
  }
  table_[slot].count += count;
}

std::vector<CooccurrenceCounter::Cell> CooccurrenceCounter::sorted_cells() {
  std::vector<Cell> cells;
  cells.reserve(used_);
  for (const Cell& cell : table_) {
    if (cell.key != kFree) cells.push_back(cell);
  }
  std::sort(cells.begin(), cells.end(), [](const Cell& a, const Cell& b) { return a.key < b.key; });
  return cells;
}

Status CooccurrenceCounter::spill() {
  const std::vector<Cell> cells = sorted_cells();
  Run run{0, static_cast<int64_t>(cells.size())};
  if (Status status = append(&spilled_, cells, &run.begin); !status.is_ok()) return status;
  runs_.push_back(run);
  std::fill(table_.begin(), table_.end(), Cell{kFree, 0});
  used_ = 0;
  return Status::ok();
}

Status CooccurrenceRecords::gather(CooccurrenceCounter* counter) {
  using Cell = CooccurrenceCounter::Cell;
  const CooccurrenceOptions& options = counter->options_;
  file_ = SpillFile(options.folder);
  random_ = RandomStream::of(options.seed, UINT64_C(1) << 32);
  struct Reader {
    CooccurrenceCounter::Run left;  // not read yet
    std::vector<Cell> cells;        // read but not yet taken, from `next` on
    size_t next = 0;
    // Reads on where all is taken; no cells are left where there is nothing to read.
    Status more(const SpillFile& file) {
      if (next < cells.size()) return Status::ok();
      cells.resize(static_cast<size_t>(std::min(kBuffered, left.cells)));
      next = 0;
      const auto count = static_cast<int64_t>(cells.size());
      Status status = read(file, left.begin, cells.data(), count);
      left.begin += count * static_cast<int64_t>(sizeof(Cell));
      left.cells -= count;
      return status;
    }
  };
  std::vector<Reader> runs;
  int64_t most = std::count_if(counter->square_.begin(), counter->square_.end(), [](double x) { return x > 0; });
  most += static_cast<int64_t>(counter->used_);
  runs.push_back({{0, 0}, counter->sorted_cells()});
  std::vector<Cell>().swap(counter->table_);
  for (const CooccurrenceCounter::Run& run : counter->runs_) {
    runs.push_back({run, {}});
    most += run.cells;
  }
  const double bytes = static_cast<double>(most) * (options.symmetric ? 2 : 1) * sizeof(Cooccurrence);
  // A part is also few enough records to be counted in 32 bits.
  const double parts = std::max(bytes / static_cast<double>(options.memory), bytes / 1e10);
  parts_ = std::vector<Part>(static_cast<size_t>(std::clamp(std::ceil(parts), 1.0, 4096.0)));

  const auto frequent = static_cast<size_t>(counter->frequent_);
  for (size_t cell = 0; cell < counter->square_.size(); ++cell) {
    if (counter->square_[cell] == 0) continue;
    const auto word = static_cast<int32_t>(cell / frequent), context = static_cast<int32_t>(cell % frequent);
    if (Status status = keep(word, context, counter->square_[cell], options.symmetric); !status.is_ok()) return status;
  }
  std::vector<double>().swap(counter->square_);

  const auto later = [&](size_t a, size_t b) {
    return runs[a].cells[runs[a].next].key > runs[b].cells[runs[b].next].key;
  };
  std::priority_queue<size_t, std::vector<size_t>, decltype(later)> queue(later);
  const auto go_on = [&](size_t run) {
    Status status = runs[run].more(counter->spilled_);
    if (status.is_ok() && !runs[run].cells.empty()) queue.push(run);
    return status;
  };
  for (size_t run = 0; run < runs.size(); ++run) {
    if (Status status = go_on(run); !status.is_ok()) return status;
  }
  Cell sum{kFree, 0};
  const auto emit = [&] {
    if (sum.key == kFree) return Status::ok();
    return keep(static_cast<int32_t>(sum.key >> 32), static_cast<int32_t>(sum.key), sum.count, options.symmetric);
  };
  while (!queue.empty()) {
    const size_t run = queue.top();
    queue.pop();
    const Cell cell = runs[run].cells[runs[run].next++];
    if (cell.key == sum.key) {
      sum.count += cell.count;
    } else {
      if (Status status = emit(); !status.is_ok()) return status;
      sum = cell;
    }
    if (Status status = go_on(run); !status.is_ok()) return status;
  }
  if (Status status = emit(); !status.is_ok()) return status;
  for (Part& part : parts_) {
    if (parts_.size() == 1) break;
    if (Status status = flush(&part); !status.is_ok()) return status;
  }
  counter->spilled_ = SpillFile();
  return Status::ok();
}

// `both`: a cell that stands for both ways; of a word with itself they are one, and it counts twice.
Status CooccurrenceRecords::keep(int32_t word, int32_t context, double count, bool both) {
  const bool mirrored = both && word != context;
  const auto x = static_cast<float>(both && word == context ? 2 * count : count);
  for (int way = 0; way <= (mirrored ? 1 : 0); ++way) {
    const bool one = parts_.size() == 1;
    Part& part = parts_[one ? 0 : random_.below(static_cast<uint32_t>(parts_.size()))];
    part.waiting.push_back(way == 0 ? Cooccurrence{word, context, x} : Cooccurrence{context, word, x});
    ++size_;
    if (one || part.waiting.size() < static_cast<size_t>(kBuffered)) continue;
    if (Status status = flush(&part); !status.is_ok()) return status;
  }
  return Status::ok();
}

Status CooccurrenceRecords::flush(Part* part) {
  Piece piece{0, static_cast<int64_t>(part->waiting.size())};
  Status status = append(&file_, part->waiting, &piece.begin);
  part->written.push_back(piece);
  std::vector<Cooccurrence>().swap(part->waiting);
  return status;
}

Status CooccurrenceRecords::load(int index, RandomStream* random, std::vector<Cooccurrence>* records) {
  Part& part = parts_[static_cast<size_t>(index)];
  if (parts_.size() == 1) {
    if (records->empty()) records->swap(part.waiting);
  } else {
    int64_t total = 0;
    for (const Piece& piece : part.written) total += piece.records;
    records->resize(static_cast<size_t>(total));
    Cooccurrence* to = records->data();
    for (const Piece& piece : part.written) {
      if (Status status = read(file_, piece.begin, to, piece.records); !status.is_ok()) return status;
      to += piece.records;
    }
  }
  for (size_t i = records->size(); i > 1; --i) {
    std::swap((*records)[i - 1], (*records)[random->below(static_cast<uint32_t>(i))]);
  }
  return Status::ok();
}

}  // namespace vectral
