// Conversions: every 16-bit pattern widened, and narrowing at, beside and between every pair of neighbours.
#include "../core/half.h"
#include "kernel_support.h"

namespace vectral::test {
namespace {

// The value of a binary16 or bfloat16 pattern from its definition: sign, exponent field, fraction field.
double value_of(uint16_t bits, int exponent_bits, int fraction_bits) {
  const int exponent = (bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const double sign = bits & 0x8000 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction ? NAN : sign * INFINITY;
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
}

struct Format {
  DType dtype;
  int exponent_bits, fraction_bits;
};
const Format kFormats[] = {{DType::f16, 5, 10}, {DType::bf16, 8, 7}};

TEST_CASE("all 65536 patterns of f16 and bf16 widen exactly") {
  std::vector<uint16_t> patterns(65536);
  for (int i = 0; i < 65536; ++i) patterns[i] = static_cast<uint16_t>(i);
  on_every_isa([&](const KernelTable& k) {
    for (const Format& format : kFormats) {
      CAPTURE(dtype_name(format.dtype));
      std::vector<float> y(65536);
      k.to_f32(format.dtype, patterns.data(), y.data(), 65536);
      int wrong = 0;
      for (int i = 0; i < 65536; ++i) {
        const double truth = value_of(patterns[i], format.exponent_bits, format.fraction_bits);
        const bool right = std::isnan(truth) ? std::isnan(y[i]) : same_bits(y[i], static_cast<float>(truth));
        wrong += !right;
      }
      CHECK(wrong == 0);
      // And back: each pattern that is no NaN returns to itself.
      std::vector<uint16_t> back(65536);
      k.from_f32(format.dtype, y.data(), back.data(), 65536);
      for (int i = 0; i < 65536; ++i) {
        const bool nan = std::isnan(y[i]);
        const bool back_nan = std::isnan(value_of(back[i], format.exponent_bits, format.fraction_bits));
        wrong += nan ? !back_nan : back[i] != patterns[i];
      }
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE("narrowing rounds to nearest, ties to even") {
  on_every_isa([&](const KernelTable& k) {
    for (const Format& format : kFormats) {
      CAPTURE(dtype_name(format.dtype));
      // From each finite pattern to the next: the lower one below the midpoint, the even one on it, the upper above.
      std::vector<float> x;
      std::vector<uint16_t> expected;
      const int infinity = ((1 << format.exponent_bits) - 1) << format.fraction_bits;
      for (int i = 0; i < infinity; ++i) {
        const double low = value_of(static_cast<uint16_t>(i), format.exponent_bits, format.fraction_bits);
        // Past the largest value comes the one that would follow it, were there an exponent more.
        const double high = i + 1 < infinity
                                ? value_of(static_cast<uint16_t>(i + 1), format.exponent_bits, format.fraction_bits)
                                : std::ldexp(1.0, 1 << (format.exponent_bits - 1));
        const float middle = static_cast<float>((low + high) / 2);
        for (int sign : {0, 0x8000}) {
          const float s = sign ? -1.0f : 1.0f;
          x.insert(x.end(), {s * std::nextafterf(middle, 0), s * middle, s * std::nextafterf(middle, kInf)});
          for (int pattern : {i, i + (i & 1), i + 1}) expected.push_back(static_cast<uint16_t>(pattern | sign));
        }
      }
      std::vector<uint16_t> y(x.size());
      k.from_f32(format.dtype, x.data(), y.data(), static_cast<int64_t>(x.size()));
      int wrong = 0;
      for (size_t i = 0; i < x.size(); ++i) wrong += y[i] != expected[i];
      CHECK(wrong == 0);
    }
  });
}

TEST_CASE("narrowing keeps NaN, infinity, signed zero, and overflows to infinity") {
  const float signalling = std::bit_cast<float>(0x7F800001u);
  on_every_isa([&](const KernelTable& k) {
    const float x[] = {kNaN, signalling, kInf, -kInf, 0.0f, -0.0f, 3.4e38f, -3.4e38f, 1e-45f};
    uint16_t half[9], brain[9];
    k.from_f32(DType::f16, x, half, 9);
    k.from_f32(DType::bf16, x, brain, 9);
    for (int i = 0; i < 2; ++i) {
      CHECK((half[i] & 0x7FFF) > 0x7C00);
      CHECK((brain[i] & 0x7FFF) > 0x7F80);
    }
    const uint16_t halves[] = {0x7C00, 0xFC00, 0, 0x8000, 0x7C00, 0xFC00, 0};
    const uint16_t brains[] = {0x7F80, 0xFF80, 0, 0x8000, 0x7F80, 0xFF80, 0};
    for (int i = 0; i < 7; ++i) {
      CHECK(half[i + 2] == halves[i]);
      CHECK(brain[i + 2] == brains[i]);
    }
  });
}

TEST_CASE("partial lengths read and write no element too many") {
  on_every_isa([&](const KernelTable& k) {
    const std::vector<float> x = Numbers(11).normals(131);
    for (int64_t n : lengths()) {
      CAPTURE(n);
      for (const Format& format : kFormats) {
        std::vector<uint16_t> narrow(static_cast<size_t>(n) + 2, 0xABCD);
        k.from_f32(format.dtype, x.data(), narrow.data() + 1, n);
        CHECK((narrow.front() == 0xABCD && narrow.back() == 0xABCD));
        std::vector<uint16_t> exact(narrow.begin() + 1, narrow.end() - 1);
        Guarded y(n, 1);
        k.to_f32(format.dtype, exact.data(), y.data(), n);
        double worst = 0;
        for (int64_t i = 0; i < n; ++i) worst = std::max(worst, std::abs(y[i] / static_cast<double>(x[i]) - 1));
        CHECK(worst <= std::ldexp(1.0, -format.fraction_bits - 1));
        CHECK(y.guards_hold());
      }
      Guarded copy(n, 3);
      k.to_f32(DType::f32, x.data(), copy.data(), n);
      for (int64_t i = 0; i < n; ++i) CHECK(same_bits(copy[i], x[i]));
      CHECK(copy.guards_hold());
    }
  });
}

template <typename T>
void check_cast(const KernelTable& k, DType dtype, const std::vector<T>& values) {
  CAPTURE(dtype_name(dtype));
  // One byte off, as a tensor in a file may be.
  std::vector<char> bytes(values.size() * sizeof(T) + 1);
  std::memcpy(bytes.data() + 1, values.data(), values.size() * sizeof(T));
  std::vector<float> y(values.size());
  k.to_f32(dtype, bytes.data() + 1, y.data(), static_cast<int64_t>(values.size()));
  for (size_t i = 0; i < values.size(); ++i) CHECK(same_bits(y[i], static_cast<float>(values[i])));
}

TEST_CASE("the other dtypes become the nearest float") {
  on_every_isa([&](const KernelTable& k) {
    check_cast<double>(k, DType::f64, {0.1, -0.0, 1e300, -1e300, 1e-50, 16777217.0, INFINITY});
    check_cast<int8_t>(k, DType::i8, {-128, -1, 0, 1, 127});
    check_cast<int32_t>(k, DType::i32, {INT32_MIN, -1, 0, 16777217, 16777219, INT32_MAX});
    check_cast<int64_t>(k, DType::i64, {INT64_MIN, -1, 0, (1ll << 40) + 1, INT64_MAX});
  });
}

}  // namespace
}  // namespace vectral::test
