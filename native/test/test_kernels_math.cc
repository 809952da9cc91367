// The activations of every ISA against float64: a sweep over all magnitudes, the special values, and every length.
#include <functional>

#include "kernel_support.h"

namespace vectral::test {
namespace {

double sigmoid64(double x) { return 1 / (1 + std::exp(-x)); }
double silu64(double x) { return x * sigmoid64(x); }
double gelu64(double x) { return 0.5 * x * std::erfc(-x / std::sqrt(2.0)); }
double gelu_tanh64(double x) {
  const double u = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
  return x * sigmoid64(2 * u);
}
double tanh64(double x) { return std::tanh(x); }
double relu64(double x) { return x > 0 ? x : 0; }

struct Case {
  const char* name;
  Activation f;
  double (*reference)(double);
  double at_inf, at_minus_inf;
};
const Case kCases[] = {
    {"gelu", Activation::gelu, gelu64, INFINITY, 0}, {"gelu_tanh", Activation::gelu_tanh, gelu_tanh64, INFINITY, 0},
    {"relu", Activation::relu, relu64, INFINITY, 0}, {"silu", Activation::silu, silu64, INFINITY, 0},
    {"tanh", Activation::tanh, tanh64, 1, -1},       {"sigmoid", Activation::sigmoid, sigmoid64, 1, 0},
};

// Floats of both signs, `steps` to a power of two, from denormals up to `limit`.
std::vector<float> sweep(double limit, int steps) {
  std::vector<float> x = {0.0f, -0.0f};
  for (double m = 0x1p-140; m <= limit; m *= std::exp2(1.0 / steps)) {
    x.push_back(static_cast<float>(m));
    x.push_back(static_cast<float>(-m));
  }
  return x;
}

// Evenly spaced floats, the density that matters where the functions bend.
std::vector<float> line(double low, double high, int n) {
  std::vector<float> x;
  for (int i = 0; i <= n; ++i) x.push_back(static_cast<float>(low + (high - low) * i / n));
  return x;
}

using Error = std::function<double(float x, float got, double truth)>;

double worst(const KernelTable& k, const Case& c, const std::vector<float>& x, const Error& error) {
  std::vector<float> y(x.size());
  k.activate(c.f, x.data(), y.data(), static_cast<int64_t>(x.size()));
  double largest = 0, at = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double e = error(x[i], y[i], c.reference(x[i]));
    if (!(e <= largest)) {
      largest = e;
      at = x[i];
    }
  }
  INFO(c.name, " worst at x = ", at);
  return largest;
}

double in_ulps(float, float got, double truth) { return ulps(got, truth); }
double absolute(float, float got, double truth) { return std::abs(got - truth); }
// Relative where the result is a normal float; below that a float has too few digits to speak of relative error.
double relative(float, float got, double truth) {
  return std::abs(truth) < 0x1p-126 ? std::abs(got - truth) / 0x1p-126 : std::abs(got - truth) / std::abs(truth);
}

TEST_CASE("tanh, sigmoid and silu stay within 4 ulp") {
  on_every_isa([](const KernelTable& k) {
    CHECK(worst(k, kCases[4], sweep(100, 3000), in_ulps) <= 4);
    CHECK(worst(k, kCases[4], line(-10, 10, 400000), in_ulps) <= 4);
    CHECK(worst(k, kCases[5], sweep(103, 3000), in_ulps) <= 4);
    CHECK(worst(k, kCases[5], line(-87, 87, 800000), in_ulps) <= 4);
    CHECK(worst(k, kCases[3], sweep(87, 3000), in_ulps) <= 5);
    CHECK(worst(k, kCases[3], line(-87, 87, 800000), in_ulps) <= 5);
  });
}

// Left of -20 the sum 1 + e^x is 1, so sigmoid is e^x itself.
TEST_CASE("exp stays within 2 ulp, and reaches zero through the denormals") {
  on_every_isa([](const KernelTable& k) {
    CHECK(worst(k, kCases[5], line(-87, -20, 1000000), in_ulps) <= 2);
    CHECK(worst(k, kCases[5], line(-110, -87, 100000), in_ulps) <= 2);
  });
}

TEST_CASE("gelu keeps absolute 5e-7 and relative 1e-5, the far negative tail included") {
  on_every_isa([](const KernelTable& k) {
    CHECK(worst(k, kCases[0], line(-20, 6, 1000000), absolute) <= 5e-7);
    CHECK(worst(k, kCases[0], line(-13, 20, 1000000), relative) <= 1e-5);
    CHECK(worst(k, kCases[0], line(-4, 20, 1000000), relative) <= 1e-6);
    CHECK(worst(k, kCases[0], sweep(1e30, 500), relative) <= 1e-5);
  });
}

// The exponent 2u is rounded at up to 80, which alone costs 4e-6 of the result in the tail.
TEST_CASE("geluTanh keeps absolute 1e-6 and relative 2e-5") {
  on_every_isa([](const KernelTable& k) {
    CHECK(worst(k, kCases[1], line(-20, 6, 1000000), absolute) <= 1e-6);
    CHECK(worst(k, kCases[1], line(-9, 20, 1000000), relative) <= 2e-5);
    CHECK(worst(k, kCases[1], sweep(1e12, 500), relative) <= 2e-5);
  });
}

TEST_CASE("NaN stays NaN and infinities give the limits") {
  on_every_isa([](const KernelTable& k) {
    for (const Case& c : kCases) {
      INFO(c.name);
      const float x[] = {kNaN, kInf, -kInf, 0.0f, -0.0f, 3.4e38f, -3.4e38f, 1e-45f, -1e-45f};
      // Repeated, so that whole vectors and tails both see each value.
      std::vector<float> many, y(9 * 9);
      for (int i = 0; i < 9; ++i) many.insert(many.end(), std::begin(x), std::end(x));
      k.activate(c.f, many.data(), y.data(), 81);
      for (int i = 0; i < 81; i += 9) {
        CHECK(std::isnan(y[i]));
        CHECK(y[i + 1] == static_cast<float>(c.at_inf));
        CHECK(y[i + 2] == static_cast<float>(c.at_minus_inf));
        for (int j = 3; j < 9; ++j)
          CHECK(std::abs(y[i + j] - c.reference(x[j])) <= 1e-6 * std::abs(c.reference(x[j])) + 1e-44);
      }
    }
  });
}

TEST_CASE("an element's bits do not depend on length, alignment or aliasing") {
  on_every_isa([](const KernelTable& k) {
    const std::vector<float> x = Numbers(1).normals(131);
    for (int f = 0; f <= static_cast<int>(Activation::sigmoid); ++f) {
      std::vector<float> whole(131);
      k.activate(static_cast<Activation>(f), x.data(), whole.data(), 131);
      for (int64_t n : lengths()) {
        for (int64_t misalign : {0, 1, 3}) {
          CAPTURE(n);
          Guarded y({x.begin(), x.begin() + n}, misalign);
          k.activate(static_cast<Activation>(f), y.data(), y.data(), n);
          bool same = true;
          for (int64_t i = 0; i < n; ++i) same = same && same_bits(y[i], whole[i]);
          CHECK(same);
          CHECK(y.guards_hold());
        }
      }
    }
  });
}

TEST_CASE("add, mul and scale round once") {
  on_every_isa([](const KernelTable& k) {
    Numbers numbers(2);
    for (int64_t n : lengths()) {
      CAPTURE(n);
      Guarded a(numbers.normals(n), 1), b(numbers.normals(n), 2), y(n, 3);
      const auto check = [&](auto expected) {
        for (int64_t i = 0; i < n; ++i) CHECK(same_bits(y[i], static_cast<float>(expected(i))));
        CHECK(y.guards_hold());
      };
      k.add(a.data(), b.data(), y.data(), n);
      check([&](int64_t i) { return static_cast<double>(a[i]) + b[i]; });
      k.mul(a.data(), b.data(), y.data(), n);
      check([&](int64_t i) { return static_cast<double>(a[i]) * b[i]; });
      k.scale(a.data(), 0.3f, y.data(), n);
      check([&](int64_t i) { return static_cast<double>(a[i]) * 0.3f; });
    }
  });
}

}  // namespace
}  // namespace vectral::test
