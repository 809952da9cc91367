// What word2vec draws by chance: noise words, which frequent words to pass over, numbers.
#pragma once

#include <cstdint>
#include <vector>

namespace vectral {

// SplitMix64 (Steele, Lea and Flood 2014): a stream for each seed.
class RandomStream {
 public:
  explicit RandomStream(uint64_t seed) : state_(seed) {}
  // Streams of one seed by their numbers. They begin far apart: one that went on from the seed itself would repeat
  // what its neighbour drew.
  static RandomStream of(uint64_t seed, uint64_t number) {
    return RandomStream(RandomStream(RandomStream(seed).next() + number).next());
  }
  uint64_t state() const { return state_; }
  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }
  // In [0, n).
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((next() >> 32) * n >> 32); }
  // In [0, 1).
  float unit() { return static_cast<float>(next() >> 40) * 0x1p-24f; }

 private:
  uint64_t state_;
};

// Draws i with probability weights[i] / sum, in constant time (Vose 1991, the alias method).
class AliasTable {
 public:
  AliasTable() = default;
  explicit AliasTable(const std::vector<double>& weights);
  uint32_t draw(RandomStream& random) const {
    const uint64_t number = random.next();
    const auto i = static_cast<uint32_t>((number >> 32) * keep_.size() >> 32);
    return static_cast<float>(number & 0xFFFFFF) * 0x1p-24f < keep_[i] ? i : other_[i];
  }
  const std::vector<float>& keep() const { return keep_; }
  const std::vector<uint32_t>& other() const { return other_; }

 private:
  std::vector<float> keep_;
  std::vector<uint32_t> other_;
};

// counts to the power `exponent`, over the largest of them: of any exponent none is infinite.
std::vector<double> noise_weights(const std::vector<int64_t>& counts, double exponent);

// min(1, sqrt(t / f) + t / f) for each word's share f of all; 1 where t is 0 (word2vec.c).
std::vector<float> keep_probabilities(const std::vector<int64_t>& counts, double t);

}  // namespace vectral
