#include "huffman.h"

#include <algorithm>

namespace vectral {

HuffmanCodes huffman_codes(const std::vector<int64_t>& counts) {
  const auto words = static_cast<int64_t>(counts.size());
  const int64_t nodes = std::max<int64_t>(2 * words - 1, 0);
  std::vector<int64_t> count(counts), parent(static_cast<size_t>(nodes), -1);
  count.resize(static_cast<size_t>(nodes), INT64_MAX);
  std::vector<uint8_t> bit(static_cast<size_t>(nodes), 0);
  // Leaves from the rarest backwards, inner nodes in the order they were made: both rise.
  int64_t leaf = words - 1, inner = words;
  const auto take = [&] {
    return leaf >= 0 && count[static_cast<size_t>(leaf)] < count[static_cast<size_t>(inner)] ? leaf-- : inner++;
  };
  for (int64_t node = words; node < nodes; ++node) {
    const int64_t first = take(), second = take();
    count[static_cast<size_t>(node)] = count[static_cast<size_t>(first)] + count[static_cast<size_t>(second)];
    parent[static_cast<size_t>(first)] = parent[static_cast<size_t>(second)] = node;
    bit[static_cast<size_t>(second)] = 1;
  }
  HuffmanCodes codes;
  codes.begin.push_back(0);
  for (int64_t word = 0; word < words; ++word) {
    for (int64_t node = word; node != nodes - 1; node = parent[static_cast<size_t>(node)]) {
      codes.bits.push_back(bit[static_cast<size_t>(node)]);
      codes.nodes.push_back(static_cast<int32_t>(parent[static_cast<size_t>(node)] - words));
    }
    std::reverse(codes.bits.begin() + codes.begin.back(), codes.bits.end());
    std::reverse(codes.nodes.begin() + codes.begin.back(), codes.nodes.end());
    codes.begin.push_back(static_cast<int64_t>(codes.bits.size()));
  }
  return codes;
}

}  // namespace vectral
