// The peak kernels: how much work they say they did, which is what every limit is computed from.
#include <doctest/doctest.h>

#include <map>
#include <vector>

#include "../dispatch/select.h"
#include "emulated_amx.h"

namespace vectral::test {
namespace {

// Operations of one turn: registers of sums, lanes, products that one instruction adds to a lane; two each.
struct Turn {
  int64_t f32, bf16, i8;
  int64_t f32_products = 1;  // that make up one
};
const std::map<std::string, Turn> kTurns = {
    {"scalar", {8 * 1 * 1 * 2, 8 * 1 * 1 * 2, 8 * 1 * 2 * 2}},
    {"avx2", {12 * 8 * 1 * 2, 12 * 8 * 1 * 2, 12 * 8 * 2 * 2}},
    {"avx512", {24 * 16 * 1 * 2, 24 * 16 * 1 * 2, 24 * 16 * 2 * 2}},
    {"avx512vnni", {24 * 16 * 1 * 2, 24 * 16 * 1 * 2, 24 * 16 * 4 * 2}},
    {"avx512bf16", {24 * 16 * 1 * 2, 24 * 16 * 2 * 2, 24 * 16 * 4 * 2}},
    // four sums of 16 by 16, of 32 or 64 terms; bf16 weights in f32 take three of the products
    {"amx", {24 * 16 * 1 * 2, 4 * 256 * 32 * 2, 4 * 256 * 64 * 2}},
    {"amx_split", {4 * 256 * 32 * 2, 4 * 256 * 32 * 2, 4 * 256 * 64 * 2, 3}},
    {"amx, emulated", {8 * 1 * 1 * 2, 4 * 256 * 32 * 2, 4 * 256 * 64 * 2}},
    {"amx_split, emulated", {4 * 256 * 32 * 2, 4 * 256 * 32 * 2, 4 * 256 * 64 * 2, 3}},
    {"neon", {24 * 4 * 1 * 2, 24 * 4 * 1 * 2, 24 * 4 * 2 * 2}},
};

TEST_CASE("peak kernels count two operations a multiply-add") {
  alignas(64) unsigned char numbers[kPeakNumbers];
  for (int64_t i = 0; i < kPeakNumbers; ++i) numbers[i] = static_cast<unsigned char>(i % 7 + 1);
  for (const IsaChoice& isa : tested_isas()) {
    CAPTURE(isa.name);
    const auto expected = kTurns.find(isa.name);
    REQUIRE(expected != kTurns.end());
    for (const int64_t turns : {0, 1, 3, 60}) {
      CHECK(isa.kernels->peak_f32(numbers, turns) == turns * expected->second.f32 / expected->second.f32_products);
      CHECK(isa.kernels->peak_bf16(numbers, turns) == turns * expected->second.bf16);
      CHECK(isa.kernels->peak_i8(numbers, turns) == turns * expected->second.i8);
    }
  }
}

// What lies outside is found by the address sanitizer.
TEST_CASE("read_floats stays inside what it is given") {
  for (const IsaChoice& isa : runnable_isas()) {
    for (const int64_t n : {0, 128, 384}) {
      const std::vector<float> x(static_cast<size_t>(n), 1.0f);
      for (const int64_t times : {0, 1, 3}) isa.kernels->read_floats(x.data(), n, times);
    }
  }
}

}  // namespace
}  // namespace vectral::test
