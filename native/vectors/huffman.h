// The binary code of each word for hierarchical softmax: frequent words have short ones (word2vec.c's tree).
#pragma once

#include <cstdint>
#include <vector>

namespace vectral {

struct HuffmanCodes {
  // Of word w: bits and inner nodes from the root, [begin[w], begin[w + 1]).
  std::vector<uint8_t> bits;
  std::vector<int32_t> nodes;
  std::vector<int64_t> begin;
};

// Counts in falling order. Of the two smallest nodes the first taken gets 0; of equal ones an inner node comes first.
HuffmanCodes huffman_codes(const std::vector<int64_t>& counts);

}  // namespace vectral
