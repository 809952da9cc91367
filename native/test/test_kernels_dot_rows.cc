// dot_rows against float64, for every type, at every length and number of rows.
#include "kernel_support.h"

namespace vectral::test {
namespace {

int64_t bytes_of(DType type) { return dtype_bytes(type); }

}  // namespace

TEST_CASE("dotRows multiplies each row, whatever its neighbours") {
  on_every_isa([&](const KernelTable& k) {
    Numbers numbers(11);
    for (const DType type : {DType::f32, DType::f16, DType::bf16}) {
      CAPTURE(dtype_name(type));
      for (const int64_t cols : lengths()) {
        for (const int64_t rows : {0, 1, 3, 4, 5, 9}) {
          const int64_t ld = cols + 3;
          const std::vector<float> values = numbers.normals(rows * ld), q = numbers.normals(cols);
          std::vector<uint8_t> x(static_cast<size_t>(rows * ld * bytes_of(type)) + 8);
          k.from_f32(type, values.data(), x.data(), rows * ld);
          if (type == DType::f32 && !values.empty())
            std::memcpy(x.data(), values.data(), values.size() * sizeof(float));
          std::vector<float> stored(values.size());
          k.to_f32(type, x.data(), stored.data(), rows * ld);
          Guarded y(rows, 1), single(1, 2);
          k.dot_rows(type, x.data(), ld, rows, cols, q.data(), y.data());
          for (int64_t r = 0; r < rows; ++r) {
            double sum = 0, size = 0;
            for (int64_t c = 0; c < cols; ++c) {
              const double product = static_cast<double>(stored[r * ld + c]) * q[c];
              sum += product;
              size += std::abs(product);
            }
            // One rounding a term, of sums no larger than `size`.
            CHECK(std::abs(y[r] - sum) <= size * static_cast<double>(cols + 2) * 6e-8);
            k.dot_rows(type, x.data() + r * ld * bytes_of(type), ld, 1, cols, q.data(), single.data());
            CHECK(std::bit_cast<uint32_t>(single[0]) == std::bit_cast<uint32_t>(y[r]));
          }
          CHECK((y.guards_hold() && single.guards_hold()));
        }
      }
    }
  });
}

}  // namespace vectral::test
