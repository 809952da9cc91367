#include "nearest.h"

#include <algorithm>

#include "../core/pack.h"
#include "../core/thread_pool.h"

namespace vectral {
namespace {

// Rows scored before they are looked through: their scores stay in the cache, and for many queries so do the rows.
constexpr int64_t kBlockRows = 256;
// Fewer queries than this are multiplied row by row, which reads the matrix as it is.
constexpr int64_t kFewQueries = 4;

struct Found {
  float score;
  int32_t place;
};
bool better(const Found& a, const Found& b) { return a.score > b.score || (a.score == b.score && a.place < b.place); }

// The best `topn` so far: a heap whose front is the worst of them.
class Best {
 public:
  explicit Best(int64_t topn) : topn_(static_cast<size_t>(topn)) { heap_.reserve(topn_); }
  // Rows come in rising order, so an equal score later is not better.
  void offer(float score, int32_t place) {
    if (score != score) score = -2;  // of a row that is no number: behind every cosine
    if (heap_.size() == topn_) {
      if (topn_ == 0 || !(score > heap_.front().score)) return;
      std::pop_heap(heap_.begin(), heap_.end(), better);
      heap_.pop_back();
    }
    heap_.push_back({score, place});
    std::push_heap(heap_.begin(), heap_.end(), better);
  }
  const std::vector<Found>& found() const { return heap_; }

 private:
  size_t topn_;
  std::vector<Found> heap_;
};

// Scores blocks of rows against some queries.
class Scorer {
 public:
  Scorer(const VectorSet& set, const KernelTable& kernels, const float* queries, int64_t count)
      : set_(set), kernels_(kernels), queries_(queries), count_(count), lengths_(set.inverse_lengths(kernels)) {
    const bool row_by_row = count < kFewQueries;
    const DType dtype = set.vectors.dtype;
    if (dtype == DType::i8 || (!row_by_row && dtype != DType::f32)) {
      widened_.resize(static_cast<size_t>(kBlockRows * set.dim()));
    }
    scores_.resize(static_cast<size_t>(kBlockRows * count));
    if (row_by_row) return;
    const PackLayout layout = kernels.gemm_layout(Arithmetic::f32, DType::f32, count);
    packed_.resize(static_cast<size_t>(packed_bytes(layout, count, set.dim())));
    gemm_.w = {packed_.data(), layout, count, set.dim()};
    gemm_.panel_end = gemm_.w.panels();
    gemm_.lda = set.dim();
    gemm_.ldc = count;
    pack_panels(layout, queries, set.dim(), 1, count, set.dim(), 0, gemm_.panel_end, packed_.data());
  }

  // [end - begin, queries] cosines, or [queries, end - begin] where they are few.
  const float* score(int64_t begin, int64_t end) {
    const int64_t rows = end - begin, dim = set_.dim();
    DType dtype = set_.vectors.dtype;
    const void* x = static_cast<const uint8_t*>(set_.vectors.storage->data()) + begin * dim * dtype_bytes(dtype);
    if (!widened_.empty()) {
      set_.read_rows(kernels_, begin, end, widened_.data());
      x = widened_.data();
      dtype = DType::f32;
    }
    const float* const lengths = lengths_.data() + begin;
    if (packed_.empty()) {
      for (int64_t q = 0; q < count_; ++q) {
        float* const y = scores_.data() + q * rows;
        kernels_.dot_rows(dtype, x, dim, rows, dim, queries_ + q * dim, y);
        kernels_.mul(y, lengths, y, rows);
      }
    } else {
      gemm_.a = x;
      gemm_.c = scores_.data();
      gemm_.row_end = rows;
      kernels_.gemm(gemm_);
      for (int64_t r = 0; r < rows; ++r) {
        float* const y = scores_.data() + r * count_;
        kernels_.scale(y, lengths[r], y, count_);
      }
    }
    return scores_.data();
  }
  int64_t row_step() const { return packed_.empty() ? 1 : count_; }
  int64_t query_step(int64_t rows) const { return packed_.empty() ? rows : 1; }

 private:
  const VectorSet& set_;
  const KernelTable& kernels_;
  const float* queries_;
  int64_t count_;
  const std::vector<float>& lengths_;
  std::vector<float> widened_, scores_;
  std::vector<char> packed_;
  GemmArgs gemm_;
};

// Calls task(thread, begin, end) for consecutive parts of [0, rows).
template <typename Task>
void split_rows(int64_t rows, int64_t multiplications, int threads, const Task& task) {
  // Waking a thread costs as much as some hundred thousand multiplications.
  if (multiplications < 400000) threads = 1;
  const auto part = [&](int64_t i, int64_t n) { return rows * i / n / kBlockRows * kBlockRows; };
  ThreadPool::instance().run(threads, [&](int thread, int count, bool) {
    task(thread, part(thread, count), thread + 1 == count ? rows : part(thread + 1, count));
  });
}

}  // namespace

Neighbours nearest(const VectorSet& set, const KernelTable& kernels, const float* queries, int64_t count, int64_t topn,
                   int64_t rows, int threads) {
  std::vector<std::vector<Best>> best(static_cast<size_t>(threads));
  split_rows(rows, rows * set.dim() * count, threads, [&](int thread, int64_t begin, int64_t end) {
    std::vector<Best>& mine = best[static_cast<size_t>(thread)];
    mine.assign(static_cast<size_t>(count), Best(topn));
    Scorer scorer(set, kernels, queries, count);
    for (int64_t b = begin; b < end; b += kBlockRows) {
      const int64_t block = std::min(kBlockRows, end - b);
      const float* const scores = scorer.score(b, b + block);
      for (int64_t q = 0; q < count; ++q) {
        const float* y = scores + q * scorer.query_step(block);
        for (int64_t r = 0; r < block; ++r, y += scorer.row_step()) {
          mine[static_cast<size_t>(q)].offer(*y, static_cast<int32_t>(b + r));
        }
      }
    }
  });
  Neighbours result;
  for (int64_t q = 0; q < count; ++q) {
    std::vector<Found> all;
    for (const std::vector<Best>& of_thread : best) {
      if (of_thread.empty()) continue;
      const std::vector<Found>& found = of_thread[static_cast<size_t>(q)].found();
      all.insert(all.end(), found.begin(), found.end());
    }
    std::sort(all.begin(), all.end(), better);
    for (int64_t i = 0; i < topn; ++i) {
      result.places.push_back(all[static_cast<size_t>(i)].place);
      result.scores.push_back(all[static_cast<size_t>(i)].score);
    }
  }
  return result;
}

void cosines(const VectorSet& set, const KernelTable& kernels, const float* query, int64_t rows, int threads,
             float* scores) {
  split_rows(rows, rows * set.dim(), threads, [&](int, int64_t begin, int64_t end) {
    Scorer scorer(set, kernels, query, 1);
    for (int64_t b = begin; b < end; b += kBlockRows) {
      const int64_t block = std::min(kBlockRows, end - b);
      std::copy_n(scorer.score(b, b + block), block, scores + b);
    }
  });
}

}  // namespace vectral
