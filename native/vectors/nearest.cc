#include "nearest.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "../core/thread_pool.h"
#include "sketch.h"

namespace vectral {
namespace {

// Rows scored before they are looked through, so that their scores stay in the cache.
constexpr int64_t kBlockRows = 256;
// Queries estimated at once: their estimates of a block of rows stay in the cache as well.
constexpr int64_t kQueriesAtOnce = 64;
// Estimates looked at together: few of them are good enough, mostly none.
constexpr int64_t kGroup = 16;

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
  // What a score must be better than to be kept.
  float bar() const {
    return heap_.size() < topn_ || topn_ == 0 ? -std::numeric_limits<float>::infinity() : heap_.front().score;
  }
  const std::vector<Found>& found() const { return heap_; }

 private:
  size_t topn_;
  std::vector<Found> heap_;
};

// Cosines of rows with queries, from their own numbers.
class Scorer {
 public:
  Scorer(const VectorSet& set, const KernelTable& kernels, int threads)
      : set_(set), kernels_(kernels), lengths_(set.inverse_lengths(kernels, threads)) {}

  // Of rows [begin, end), at most kBlockRows, made ready by `widened` where they are i8.
  void score(int64_t begin, int64_t end, const float* query, std::vector<float>* widened, float* y) const {
    const int64_t rows = end - begin, dim = set_.dim();
    const void* x =
        static_cast<const uint8_t*>(set_.vectors.storage->data()) + begin * dim * dtype_bytes(set_.vectors.dtype);
    DType dtype = set_.vectors.dtype;
    if (dtype == DType::i8) {
      widened->resize(static_cast<size_t>(rows * dim));
      set_.read_rows(kernels_, begin, end, widened->data());
      x = widened->data();
      dtype = DType::f32;
    }
    kernels_.dot_rows(dtype, x, dim, rows, dim, query, y);
    kernels_.mul(y, lengths_.data() + begin, y, rows);
  }

 private:
  const VectorSet& set_;
  const KernelTable& kernels_;
  const std::vector<float>& lengths_;
};

// All rows, as they are.
void search_rows(const VectorSet& set, const Scorer& scorer, const float* queries, int64_t count, int64_t begin,
                 int64_t end, Best* best) {
  std::vector<float> widened, scores(kBlockRows);
  for (int64_t b = begin; b < end; b += kBlockRows) {
    const int64_t rows = std::min(kBlockRows, end - b);
    for (int64_t q = 0; q < count; ++q) {
      scorer.score(b, b + rows, queries + q * set.dim(), &widened, scores.data());
      for (int64_t r = 0; r < rows; ++r) best[q].offer(scores[static_cast<size_t>(r)], static_cast<int32_t>(b + r));
    }
  }
}

bool any_reaches(const float* estimates, float least) {
  int found = 0;
  for (int64_t i = 0; i < kGroup; ++i) found |= !(estimates[i] < least);
  return found != 0;
}

// Rows [begin, end), from the sketch: only those are scored whose estimates let them be among the best.
void search_sketch(const VectorSet& set, const KernelTable& kernels, const Sketch& sketch, const Scorer& scorer,
                   const float* queries, const SketchQueries& quantized, int64_t count, int64_t begin, int64_t end,
                   Best* best) {
  const int64_t dim = set.dim();
  const int64_t step = (sketch.block_rows + kGroup - 1) / kGroup * kGroup;
  // Behind the rows of a block lies what reaches nothing.
  std::vector<float> widened, estimates(static_cast<size_t>(std::min(count, kQueriesAtOnce) * step));
  GemmArgs gemm;
  gemm.lda = quantized.step;
  gemm.c = estimates.data();
  gemm.ldc = step;
  for (int64_t b = begin / sketch.block_rows; b * sketch.block_rows < end; ++b) {
    const int64_t first = b * sketch.block_rows, rows = std::min(sketch.block_rows, end - first);
    const float error = sketch.error[static_cast<size_t>(b)];
    gemm.w = {sketch.block(b, dim), sketch.layout, rows, dim};
    gemm.panel_end = gemm.w.panels();
    gemm.column_scale = sketch.scale.data() + first;
    gemm.column_sum = sketch.sum.data() + first;
    gemm.far_weights = true;
    for (int64_t q0 = 0; q0 < count; q0 += kQueriesAtOnce) {
      gemm.a = quantized.q.data() + q0 * quantized.step;
      gemm.row_scale = quantized.scale.data() + q0;
      gemm.row_end = std::min(kQueriesAtOnce, count - q0);
      kernels.gemm_i8(gemm);
      for (int64_t q = q0; q < q0 + gemm.row_end; ++q) {
        float* const y = estimates.data() + (q - q0) * step;
        std::fill(y + rows, y + step, -std::numeric_limits<float>::infinity());
        const float bound = quantized.bound(q, error, dim);
        float least = best[q].bar() - bound;
        for (int64_t r = 0; r < rows; r += kGroup) {
          if (!any_reaches(y + r, least)) continue;
          for (int64_t i = r; i < std::min(r + kGroup, rows); ++i) {
            if (y[i] < least) continue;
            float score = 0;
            scorer.score(first + i, first + i + 1, queries + q * dim, &widened, &score);
            best[q].offer(score, static_cast<int32_t>(first + i));
            least = best[q].bar() - bound;
          }
        }
      }
    }
  }
}

// Waking a thread costs as much as so many multiplications of floats, or of bytes.
constexpr int64_t kWakingFloats = 400000, kWakingBytes = 8000000;

// Calls task(thread, begin, end) for consecutive parts of [0, rows), which begin at whole blocks.
template <typename Task>
void split_rows(int64_t rows, int64_t block, bool worth_waking, int threads, const Task& task) {
  if (!worth_waking) threads = 1;
  const auto part = [&](int64_t i, int64_t n) { return rows * i / n / block * block; };
  ThreadPool::instance().run(threads, [&](int thread, int count, bool) {
    task(thread, part(thread, count), thread + 1 == count ? rows : part(thread + 1, count));
  });
}

// Where many rows are wanted of those there are, or few are read at all, estimates would save little.
bool worth_a_sketch(int64_t multiplications, int64_t topn, int64_t rows) {
  return multiplications >= kWakingFloats && topn * 16 <= rows;
}

}  // namespace

Neighbours nearest(const VectorSet& set, const KernelTable& kernels, const float* queries, int64_t count, int64_t topn,
                   int64_t rows, int threads) {
  const int64_t multiplications = rows * set.dim() * count;
  const Sketch* const sketch = worth_a_sketch(multiplications, topn, rows) ? set.sketch(kernels, threads) : nullptr;
  std::optional<SketchQueries> quantized;
  if (sketch != nullptr) quantized.emplace(kernels, queries, count, set.dim());
  const Scorer scorer(set, kernels, threads);
  std::vector<std::vector<Best>> best(static_cast<size_t>(threads));
  split_rows(rows, sketch != nullptr ? sketch->block_rows : kBlockRows,
             multiplications >= (sketch != nullptr ? kWakingBytes : kWakingFloats), threads,
             [&](int thread, int64_t begin, int64_t end) {
               std::vector<Best>& mine = best[static_cast<size_t>(thread)];
               mine.assign(static_cast<size_t>(count), Best(topn));
               if (sketch != nullptr) {
                 search_sketch(set, kernels, *sketch, scorer, queries, *quantized, count, begin, end, mine.data());
               } else {
                 search_rows(set, scorer, queries, count, begin, end, mine.data());
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
  const Scorer scorer(set, kernels, threads);
  split_rows(rows, kBlockRows, rows * set.dim() >= kWakingFloats, threads, [&](int, int64_t begin, int64_t end) {
    std::vector<float> widened;
    for (int64_t b = begin; b < end; b += kBlockRows) {
      scorer.score(b, std::min(b + kBlockRows, end), query, &widened, scores + b);
    }
  });
}

}  // namespace vectral
