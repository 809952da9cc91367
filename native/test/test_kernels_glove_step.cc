// glove_step against float64.
#include <algorithm>

#include "kernel_support.h"

namespace vectral::test {

TEST_CASE("gloveStep moves both words by AdaGrad") {
  on_every_isa([&](const KernelTable& k) {
    Numbers numbers(5);
    for (const int64_t dim : {16, 32, 48, 112, 304}) {
      for (const float clip : {100.0f, 0.05f}) {
        std::vector<float> w = numbers.normals(dim), c = numbers.normals(dim), gw = numbers.normals(dim),
                           gc = numbers.normals(dim);
        for (float& x : w) x *= 0.2f;
        for (float& x : c) x *= 0.2f;
        for (float& x : gw) x = 1 + x * x;
        for (float& x : gc) x = 1 + x * x;
        const std::vector<double> w0(w.begin(), w.end()), c0(c.begin(), c.end()), gw0(gw.begin(), gw.end()),
            gc0(gc.begin(), gc.end());
        const float offset = -0.7f, weight = 0.4f, eta = 0.05f;
        double miss = offset;
        for (size_t i = 0; i < w0.size(); ++i) miss += w0[i] * c0[i];
        const float got = k.glove_step(w.data(), gw.data(), c.data(), gc.data(), offset, weight, eta, clip, dim);
        CHECK(std::abs(got - miss) < 1e-5);  // sums of 304 products of about 0.04
        const auto clipped = [&](double x) { return std::clamp<double>(x, -clip, clip); };
        for (size_t i = 0; i < w0.size(); ++i) {
          const double dw = eta * clipped(weight * miss * c0[i]), dc = eta * clipped(weight * miss * w0[i]);
          CHECK(std::abs(w[i] - (w0[i] - dw / std::sqrt(gw0[i]))) < 1e-6);
          CHECK(std::abs(c[i] - (c0[i] - dc / std::sqrt(gc0[i]))) < 1e-6);
          CHECK(std::abs(gw[i] - (gw0[i] + dw * dw)) < 1e-6 * gw0[i]);
          CHECK(std::abs(gc[i] - (gc0[i] + dc * dc)) < 1e-6 * gc0[i]);
        }
      }
    }
  });
}

TEST_CASE("gloveStep leaves padding as it is") {
  on_every_isa([&](const KernelTable& k) {
    std::vector<float> w(16, 0.5f), c(16, -0.25f), gw(16, 1.0f), gc(16, 1.0f);
    for (size_t i = 5; i < 16; ++i) w[i] = c[i] = 0;
    k.glove_step(w.data(), gw.data(), c.data(), gc.data(), 1, 1, 0.05f, 100, 16);
    for (size_t i = 5; i < 16; ++i) {
      CHECK(w[i] == 0);
      CHECK(c[i] == 0);
      CHECK(gw[i] == 1);
      CHECK(gc[i] == 1);
    }
    CHECK(w[0] != 0.5f);
  });
}

}  // namespace vectral::test
