#include "trained_matrix.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include "../core/thread_pool.h"
#include "word_sampling.h"

namespace vectral {
namespace {

constexpr int64_t kRowFloats = 16;
constexpr int64_t kHugePage = INT64_C(1) << 21;

// Rows are visited in no order over hundreds of MB: with pages of 4 KB each visit would look up its address anew.
void ask_for_huge_pages(void* memory, int64_t bytes) {
#if defined(MADV_HUGEPAGE)
  const auto begin = (reinterpret_cast<uintptr_t>(memory) + kHugePage - 1) / kHugePage * kHugePage;
  const auto end = (reinterpret_cast<uintptr_t>(memory) + static_cast<uintptr_t>(bytes)) / kHugePage * kHugePage;
  if (begin < end) ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
#else
  static_cast<void>(memory);
  static_cast<void>(bytes);
#endif
}

}  // namespace

Status TrainedMatrix::allocate(int64_t rows, int64_t dim) {
  rows_ = rows;
  dim_ = dim;
  stride_ = (dim + kRowFloats - 1) / kRowFloats * kRowFloats;
  int64_t bytes = 0;
  const bool fits = !__builtin_mul_overflow(rows, stride_ * static_cast<int64_t>(sizeof(float)), &bytes);
  storage_ = fits ? Storage::allocate(bytes) : nullptr;
  if (storage_ == nullptr) {
    return Status::error("not enough memory for a matrix of " + std::to_string(rows) + " rows of " +
                         std::to_string(dim) + " numbers");
  }
  values_ = static_cast<float*>(storage_->data());
  ask_for_huge_pages(values_, bytes);
  std::memset(values_, 0, static_cast<size_t>(bytes));
  return Status::ok();
}

void TrainedMatrix::fill(uint64_t seed, int threads) {
  constexpr int64_t kBlock = 4096;         // rows with a stream of their own
  constexpr uint64_t kFirst = 1ull << 32;  // streams before this are those of threads
  const int64_t blocks = (rows_ + kBlock - 1) / kBlock;
  std::atomic<int64_t> next{0};
  ThreadPool::instance().run(threads, [&](int, int, bool) {
    for (int64_t block; (block = next.fetch_add(1, std::memory_order_relaxed)) < blocks;) {
      RandomStream random = RandomStream::of(seed, kFirst + static_cast<uint64_t>(block));
      for (int64_t i = block * kBlock; i < std::min((block + 1) * kBlock, rows_); ++i) {
        for (int64_t c = 0; c < dim_; ++c) row(i)[c] = (2 * random.unit() - 1) / static_cast<float>(dim_);
      }
    }
  });
}

bool TrainedMatrix::finite() const {
  return std::all_of(values_, values_ + rows_ * stride_, [](float x) { return std::isfinite(x); });
}

bool TrainedMatrix::take(const float* values) {
  for (int64_t i = 0; i < rows_; ++i) std::copy_n(values + i * dim_, dim_, row(i));
  return finite();
}

std::shared_ptr<Storage> TrainedMatrix::copy() const {
  std::shared_ptr<Storage> storage = Storage::allocate(rows_ * dim_ * static_cast<int64_t>(sizeof(float)));
  for (int64_t i = 0; i < rows_ && storage != nullptr; ++i) {
    std::copy_n(row(i), dim_, static_cast<float*>(storage->data()) + i * dim_);
  }
  return storage;
}

std::shared_ptr<Storage> TrainedMatrix::pack() {
  for (int64_t i = 1; i < rows_ && stride_ > dim_; ++i) {
    std::memmove(values_ + i * dim_, row(i), static_cast<size_t>(dim_) * sizeof(float));
  }
  return std::move(storage_);
}

}  // namespace vectral
