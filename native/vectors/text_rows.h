// Words and their vectors as text: what word2vec's and GloVe's files hold.
#pragma once

#include <string>
#include <vector>

#include "vector_set.h"

namespace vectral {

// Rows [begin, end), each "word number number ...\n", in consecutive pieces.
std::vector<std::string> text_rows(const VectorSet& set, const KernelTable& kernels, int64_t begin, int64_t end,
                                   int threads);

}  // namespace vectral
