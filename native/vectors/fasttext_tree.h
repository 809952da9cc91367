// The Huffman tree of a classifier's labels, as fastText builds it. Nodes: leaves 0..n-1 in the order of the labels,
// then inner nodes as they were made; the last is the root. Inner node i has row i - n of the output matrix.
#pragma once

#include <cstdint>
#include <vector>

namespace vectral {

struct FastTextTree {
  struct Node {
    int32_t parent = -1, left = -1, right = -1;
    bool right_child = false;
  };
  int32_t leaves = 0;
  std::vector<Node> nodes;

  // Counts above this would be taken for those of nodes that are not made yet.
  static constexpr int64_t kMostCounts = 1000000000000000;
  // `counts` of `n` labels: none negative, their sum below kMostCounts.
  void build(const int64_t* counts, int32_t n);
};

}  // namespace vectral
