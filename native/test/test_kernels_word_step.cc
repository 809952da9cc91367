// word_step against float64, for every number of inputs and outputs that its groups make a difference of.
#include "kernel_support.h"

namespace vectral::test {
namespace {

using Matrix = std::vector<double>;

// Groups of up to 6 outputs one after another, as the kernel's contract says.
void reference(Matrix* inputs, Matrix* changed, bool in_place, int64_t m, Matrix* outputs,
               const std::vector<float>& labels, int64_t n, double rate, int64_t dim) {
  for (int64_t first = 0; first < n;) {
    const int64_t group = std::min<int64_t>(6, n - first);
    Matrix g(static_cast<size_t>(m * group));
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t o = 0; o < group; ++o) {
        double score = 0;
        for (int64_t c = 0; c < dim; ++c) score += (*inputs)[i * dim + c] * (*outputs)[(first + o) * dim + c];
        g[i * group + o] = rate * (labels[first + o] - 1 / (1 + std::exp(-score)));
      }
    }
    const Matrix old_inputs = *inputs, old_outputs = *outputs;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t o = 0; o < group; ++o) {
        for (int64_t c = 0; c < dim; ++c) {
          const int64_t out = (first + o) * dim + c;
          (*changed)[i * dim + c] += g[i * group + o] * old_outputs[out];
          (*outputs)[out] += g[i * group + o] * old_inputs[i * dim + c];
        }
      }
    }
    if (in_place) *inputs = *changed;
    first += group;
  }
}

}  // namespace

TEST_CASE("wordStep moves inputs and outputs by the gradient of the logistic loss") {
  on_every_isa([&](const KernelTable& k) {
    Numbers numbers(21);
    for (const int64_t dim : {16, 48, 112}) {
      for (const int64_t m : {1, 2, 5}) {
        for (int64_t n = 0; n <= 13; ++n) {
          for (const bool in_place : {true, false}) {
            std::vector<float> inputs = numbers.normals(m * dim), outputs = numbers.normals(n * dim);
            std::vector<float> changed = in_place ? inputs : numbers.normals(m * dim), labels;
            for (float& x : inputs) x *= 0.2f;
            if (in_place) changed = inputs;
            for (int64_t o = 0; o < n; ++o) labels.push_back(o % 3 == 0 ? 1.0f : 0.0f);
            Matrix expected_in(inputs.begin(), inputs.end()), expected_changed(changed.begin(), changed.end()),
                expected_out(outputs.begin(), outputs.end());
            reference(&expected_in, &expected_changed, in_place, m, &expected_out, labels, n, 0.05f, dim);
            std::vector<const float*> in;
            std::vector<float*> change, out;
            for (int64_t i = 0; i < m; ++i) {
              in.push_back((in_place ? changed : inputs).data() + i * dim);
              change.push_back(changed.data() + i * dim);
            }
            for (int64_t o = 0; o < n; ++o) out.push_back(outputs.data() + o * dim);
            Guarded scores(m * kWordStepOutputs, 1);
            k.word_step(in.data(), change.data(), m, out.data(), labels.data(), n, 0.05f, dim, scores.data());
            double worst = 0;
            for (size_t i = 0; i < changed.size(); ++i)
              worst = std::max(worst, std::abs(changed[i] - expected_changed[i]));
            for (size_t i = 0; i < outputs.size(); ++i) worst = std::max(worst, std::abs(outputs[i] - expected_out[i]));
            CAPTURE(dim);
            CAPTURE(m);
            CAPTURE(n);
            // Values to 4, a few roundings each.
            CHECK(worst <= 3e-6);
            CHECK(scores.guards_hold());
          }
        }
      }
    }
  });
}

TEST_CASE("rows of a list are summed and changed, and one input and its outputs by given factors") {
  on_every_isa([&](const KernelTable& k) {
    Numbers numbers(22);
    for (const int64_t dim : {16, 48, 112, 144, 208}) {
      for (const int64_t n : {0, 1, 4, 7, 13}) {
        const int64_t ldx = dim + 16, held = 20;
        std::vector<float> x = numbers.normals(held * ldx), y = numbers.normals(dim);
        std::vector<int32_t> rows;  // with repeats
        for (int64_t i = 0; i < n; ++i) rows.push_back(static_cast<int32_t>(i * 7 % 10));
        Guarded sum(dim);
        k.gather_rows(x.data(), ldx, rows.data(), n, dim, sum.data());
        Matrix scattered(x.begin(), x.end());
        double worst = 0;
        for (int64_t c = 0; c < dim; ++c) {
          double expected = 0;
          for (const int32_t row : rows) {
            expected += x[row * ldx + c];
            scattered[row * ldx + c] += y[c];
          }
          worst = std::max(worst, std::abs(sum[c] - expected));
        }
        k.scatter_rows(y.data(), nullptr, x.data(), ldx, rows.data(), n, dim);
        for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - scattered[i]));

        std::vector<float> outputs = numbers.normals(n * dim), factors = numbers.normals(n), changed = y;
        for (int64_t i = 0; i < n; ++i) {
          for (int64_t c = 0; c < dim; ++c) scattered[rows[i] * ldx + c] += double{factors[i]} * y[c];
        }
        k.scatter_rows(y.data(), factors.data(), x.data(), ldx, rows.data(), n, dim);
        for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - scattered[i]));
        Matrix expected_out(outputs.begin(), outputs.end()), expected_changed(y.begin(), y.end());
        std::vector<float*> pointers;
        for (int64_t o = 0; o < n; ++o) {
          pointers.push_back(outputs.data() + o * dim);
          for (int64_t c = 0; c < dim; ++c) {
            expected_changed[c] += double{factors[o]} * outputs[o * dim + c];
            expected_out[o * dim + c] += double{factors[o]} * sum[c];
          }
        }
        k.word_change(sum.data(), changed.data(), pointers.data(), factors.data(), n, dim);
        for (size_t i = 0; i < outputs.size(); ++i) worst = std::max(worst, std::abs(outputs[i] - expected_out[i]));
        for (int64_t c = 0; c < dim; ++c) worst = std::max(worst, std::abs(changed[c] - expected_changed[c]));
        CAPTURE(dim);
        CAPTURE(n);
        // Sums of 13 values to 12, a rounding each.
        CHECK(worst <= 2e-5);
        CHECK(sum.guards_hold());
      }
    }
  });
}

}  // namespace vectral::test
