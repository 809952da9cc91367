// word_step against float64, for every number of inputs and outputs that its groups make a difference of.
#include "kernel_support.h"

namespace vectral::test {
namespace {

using Matrix = std::vector<double>;

// Groups of 6, 3 and 1 outputs one after another, as the kernel's contract says.
void reference(Matrix* inputs, Matrix* changed, bool in_place, int64_t m, Matrix* outputs,
               const std::vector<float>& labels, int64_t n, double rate, int64_t dim) {
  for (int64_t first = 0; first < n;) {
    const int64_t group = n - first >= 6 ? 6 : n - first >= 3 ? 3 : 1;
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

}  // namespace vectral::test
