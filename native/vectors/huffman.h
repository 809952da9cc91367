// The binary tree of hierarchical softmax (Mikolov et al. 2013): frequent words have short paths. word2vec.c's, which
// is fastText's too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vectral {

// Nodes: leaves 0..n-1 in the order of the counts, then inner nodes as they were made; the last is the root. Inner node
// i has row i - n of the output matrix.
struct HuffmanTree {
  struct Node {
    int32_t parent = -1, left = -1, right = -1;
    bool right_child = false;
  };
  int32_t leaves = 0;
  std::vector<Node> nodes;

  // Counts above this would be taken for those of nodes that are not made yet.
  static constexpr int64_t kMostCounts = 1000000000000000;
  // None negative, their sum at most kMostCounts. The smallest two become left and right, in this order; of equal ones
  // an inner node comes first.
  void build(const int64_t* leaf_counts, int32_t n);
};

// Paths from the root, ready to walk.
struct HuffmanCodes {
  // Of word w: turns (1 to the right) and rows of the inner nodes where they are made, [begin[w], begin[w + 1]).
  std::vector<uint8_t> bits;
  std::vector<int32_t> nodes;
  std::vector<int64_t> begin;

  // Calls take(node, turn) along the path of `word`.
  template <typename Take>
  void walk(int32_t word, const Take& take) const {
    const auto at = static_cast<size_t>(word);
    for (auto i = static_cast<size_t>(begin[at]); i < static_cast<size_t>(begin[at + 1]); ++i) take(nodes[i], bits[i]);
  }
};

HuffmanCodes huffman_codes(const HuffmanTree& tree);

}  // namespace vectral
