#include "text_rows.h"

#include "../core/thread_pool.h"
#include "number.h"

namespace vectral {

std::vector<std::string> text_rows(const VectorSet& set, const KernelTable& kernels, int64_t begin, int64_t end,
                                   int threads) {
  std::vector<std::string> pieces(static_cast<size_t>(threads));
  ThreadPool::instance().run(threads, [&](int thread, int count, bool) {
    std::string& text = pieces[static_cast<size_t>(thread)];
    std::vector<float> row(static_cast<size_t>(set.dim()));
    char number[kNumberLength];
    const int64_t rows = end - begin;
    for (int64_t r = begin + rows * thread / count; r < begin + rows * (thread + 1) / count; ++r) {
      set.read_rows(kernels, r, r + 1, row.data());
      text += set.words.word(static_cast<int32_t>(r));
      for (const float x : row) {
        text += ' ';
        text.append(number, write_number(x, number));
      }
      text += '\n';
    }
  });
  return pieces;
}

}  // namespace vectral
