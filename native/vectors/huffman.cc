#include "huffman.h"

#include <algorithm>
#include <cstddef>

namespace vectral {

void HuffmanTree::build(const int64_t* leaf_counts, int32_t n) {
  leaves = n;
  nodes.assign(n > 0 ? static_cast<size_t>(2 * int64_t{n} - 1) : 0, {});
  std::vector<int64_t> counts(nodes.size(), INT64_MAX);
  for (int32_t i = 0; i < n; ++i) counts[static_cast<size_t>(i)] = leaf_counts[i];
  // Leaves from the rarest backwards, inner nodes in the order they were made: both rise.
  int32_t leaf = n - 1, inner = n;
  const auto at = [this](int32_t i) -> Node& { return nodes[static_cast<size_t>(i)]; };
  for (int32_t i = n; i < static_cast<int32_t>(nodes.size()); ++i) {
    int32_t least[2];
    for (int32_t& child : least) {
      const bool take_leaf = leaf >= 0 && counts[static_cast<size_t>(leaf)] < counts[static_cast<size_t>(inner)];
      child = take_leaf ? leaf-- : inner++;
    }
    at(i).left = least[0];
    at(i).right = least[1];
    counts[static_cast<size_t>(i)] = counts[static_cast<size_t>(least[0])] + counts[static_cast<size_t>(least[1])];
    at(least[0]).parent = at(least[1]).parent = i;
    at(least[1]).right_child = true;
  }
}

HuffmanCodes huffman_codes(const HuffmanTree& tree) {
  HuffmanCodes codes;
  codes.begin.push_back(0);
  for (int32_t word = 0; word < tree.leaves; ++word) {
    const auto node = [&tree](int32_t i) -> const HuffmanTree::Node& { return tree.nodes[static_cast<size_t>(i)]; };
    for (int32_t at = word; node(at).parent >= 0; at = node(at).parent) {
      codes.bits.push_back(node(at).right_child ? 1 : 0);
      codes.nodes.push_back(node(at).parent - tree.leaves);
    }
    std::reverse(codes.bits.begin() + codes.begin.back(), codes.bits.end());
    std::reverse(codes.nodes.begin() + codes.begin.back(), codes.nodes.end());
    codes.begin.push_back(static_cast<int64_t>(codes.bits.size()));
  }
  return codes;
}

}  // namespace vectral
