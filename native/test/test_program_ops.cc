// Operations against float64, on every instruction set and on one and three threads (equal to the bit). Kernels have
// tests of their own: here it is shapes, strides, splits and what data decides. Values are of order 1, sums have at
// most a few hundred terms: 1e-5 is some 20 times the rounding of such a sum, and far below what a wrong index would
// do.
#include <algorithm>
#include <limits>

#include "emulated_amx.h"
#include "program_support.h"

namespace vectral::test {
namespace {

constexpr double kTolerance = 1e-5;

template <typename Body>
void on_every_isa(Body body) {
  for (const IsaChoice& isa : tested_isas()) {
    CAPTURE(isa.name);
    body(isa);
  }
}

Row64 linear64(const std::vector<float>& x, const std::vector<float>& w, int64_t m, int64_t n, int64_t k) {
  Row64 y(static_cast<size_t>(m * n));
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double sum = 0;
      for (int64_t c = 0; c < k; ++c) sum += static_cast<double>(x[i * k + c]) * w[j * k + c];
      y[i * n + j] = sum;
    }
  }
  return y;
}

}  // namespace

TEST_CASE("linear: stacked weights, biases where there are some, activation before the residual") {
  on_every_isa([](const IsaChoice& isa) {
    for (const int64_t m : {1, 5, 400}) {  // 400: rows are split instead of panels
      const int64_t k = 37, n = 70;
      const Tensor x = random({m, k}, 1), w1 = random({50, k}, 2), w2 = random({20, k}, 3),
                   residual = random({m, n}, 4);
      const Tensor bias = random({20}, 5);
      EagerCall call = call_of("linear", {x, residual}, {m, n});
      call.weights = {{w1, {}}, {w2, bias}};
      call.attributes.activation = Activation::relu;
      std::vector<float> w = values_of(w1);
      for (const float v : values_of(w2)) w.push_back(v);
      Row64 expected = linear64(values_of(x), w, m, n, k);
      const std::vector<float> b = values_of(bias), r = values_of(residual);
      for (int64_t i = 0; i < m * n; ++i) {
        if (i % n >= 50) expected[i] += b[i % n - 50];
        expected[i] = std::max(expected[i], 0.0) + r[i];
      }
      CHECK(worst_difference(run_op(call, isa), expected) < 3 * kTolerance);
    }
  });
}

TEST_CASE("matmul: one b for all, and a b for each") {
  on_every_isa([](const IsaChoice& isa) {
    for (const int64_t batches : {1, 2, 5}) {
      const int64_t m = 7, k = 9, n = 53;
      const Tensor a = random({batches, m, k}, 1), each = random({batches, k, n}, 2), one = random({k, n}, 3);
      for (const bool shared : {false, true}) {
        Row64 expected;
        for (int64_t i = 0; i < batches * m; ++i) {
          for (int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (int64_t c = 0; c < k; ++c) {
              const int64_t at = (shared ? 0 : i / m * k * n) + c * n + j;
              sum += static_cast<double>(values_of(a)[i * k + c]) * values_of(shared ? one : each)[at];
            }
            expected.push_back(sum);
          }
        }
        CHECK(worst_difference(run_op(call_of("matmul", {a, shared ? one : each}, {batches, m, n}), isa), expected) <
              kTolerance);
      }
    }
  });
}

TEST_CASE("embedding: rows of any table type; ids outside are named") {
  on_every_isa([](const IsaChoice& isa) {
    const Tensor table = floats({3, 2}, {0, 1, 2, 3, 4, 5});
    CHECK(run_op(call_of("embedding", {table, ints({2, 0, 2})}, {3, 2}), isa) == std::vector<float>{4, 5, 0, 1, 4, 5});
    const Tensor wide = tensor<int64_t>(DType::i64, {1}, {1});
    const Tensor half = tensor<uint16_t>(DType::f16, {2, 1}, {0x3c00, 0xc000});
    CHECK(run_op(call_of("embedding", {half, wide}, {1, 1}), isa) == std::vector<float>{-2});
    Tensor out;
    CHECK(try_run(call_of("embedding", {table, ints({0, -1})}, {2, 2}), isa, &out).message() ==
          "embedding: id -1 at position 1 is outside the table of 3 rows");
    CHECK(try_run(call_of("embedding", {table, ints({3})}, {1, 2}), isa, &out).message().find("id 3 at position 0") !=
          std::string::npos);
  });
}

TEST_CASE("add and mul: b is a's shape or a trailing part of it") {
  on_every_isa([](const IsaChoice& isa) {
    const Tensor a = random({4, 3, 5}, 1);
    for (const Dims& dims : {Dims{4, 3, 5}, Dims{3, 5}, Dims{5}}) {
      const Tensor b = random(dims, 2);
      const std::vector<float> x = values_of(a), y = values_of(b);
      Row64 sum, product;
      for (size_t i = 0; i < x.size(); ++i) {
        sum.push_back(static_cast<double>(x[i]) + y[i % y.size()]);
        product.push_back(static_cast<double>(x[i]) * y[i % y.size()]);
      }
      CHECK(worst_difference(run_op(call_of("add", {a, b}, {4, 3, 5}), isa), sum) < 1e-6);
      CHECK(worst_difference(run_op(call_of("mul", {a, b}, {4, 3, 5}), isa), product) < 1e-6);
    }
    Tensor out;
    for (const Dims& dims : {Dims{4}, Dims{4, 3}, Dims{1, 5}, Dims{}, Dims{2, 4, 3, 5}}) {
      CHECK_FALSE(try_run(call_of("add", {a, random(dims, 2)}, {4, 3, 5}), isa, &out).is_ok());
    }
  });
}

TEST_CASE("row-wise operations: the right kernel with the right operands") {
  on_every_isa([](const IsaChoice& isa) {
    const int64_t rows = 6, columns = 19;
    const Tensor x = random({2, 3, columns}, 1), gamma = random({columns}, 2), beta = random({columns}, 3);
    const std::vector<float> in = values_of(x), g = values_of(gamma), b = values_of(beta);
    const double eps = 0.25;
    Row64 layer, rms, l2, soft;
    for (int64_t r = 0; r < rows; ++r) {
      const Row64 row(in.begin() + r * columns, in.begin() + (r + 1) * columns);
      double mean = 0, variance = 0, square = 0, total = 0;
      for (const double v : row) mean += v / columns;
      for (const double v : row) variance += (v - mean) * (v - mean) / columns;
      for (const double v : row) square += v * v, total += std::exp(v);
      for (int64_t c = 0; c < columns; ++c) {
        layer.push_back((row[c] - mean) / std::sqrt(variance + eps) * g[c] + b[c]);
        rms.push_back(row[c] / std::sqrt(square / columns + eps) * g[c]);
        l2.push_back(row[c] / std::max(std::sqrt(square), eps));
        soft.push_back(std::exp(row[c]) / total);
      }
    }
    const auto check = [&](const char* op, std::vector<Tensor> inputs, const Row64& expected) {
      CAPTURE(op);
      EagerCall call = call_of(op, std::move(inputs), {2, 3, columns});
      call.attributes.eps = static_cast<float>(eps);
      CHECK(worst_difference(run_op(call, isa), expected) < kTolerance);
    };
    check("layerNorm", {x, gamma, beta}, layer);
    check("rmsNorm", {x, gamma}, rms);
    check("l2Normalize", {x}, l2);
    check("softmax", {x}, soft);
  });
}

TEST_CASE("activations: each name is its own function") {
  on_every_isa([](const IsaChoice& isa) {
    const Tensor x = random({7, 11}, 1);
    using Function = double (*)(double);
    const std::pair<const char*, Function> functions[] = {
        {"gelu", [](double v) { return v * 0.5 * std::erfc(-v * std::sqrt(0.5)); }},
        {"geluTanh",
         [](double v) {
           return v * 0.5 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (v + 0.044715 * v * v * v)));
         }},
        {"relu", [](double v) { return std::max(v, 0.0); }},
        {"silu", [](double v) { return v / (1 + std::exp(-v)); }},
        {"tanh", [](double v) { return std::tanh(v); }},
        {"sigmoid", [](double v) { return 1 / (1 + std::exp(-v)); }},
    };
    for (const auto& [name, function] : functions) {
      CAPTURE(name);
      Row64 expected;
      for (const float v : values_of(x)) expected.push_back(function(v));
      CHECK(worst_difference(run_op(call_of(name, {x}, {7, 11}), isa), expected) < 1e-6);
    }
  });
}

TEST_CASE("slice, concat, transpose: every axis, several element sizes") {
  on_every_isa([](const IsaChoice& isa) {
    const Dims dims{3, 4, 5};
    std::vector<int64_t> values(60);
    for (size_t i = 0; i < 60; ++i) values[i] = static_cast<int64_t>(i);
    const Tensor x = tensor(DType::i64, dims, values);
    const auto at = [&](int64_t i, int64_t j, int64_t k) { return values[(i * 4 + j) * 5 + k]; };
    for (int axis = 0; axis < 3; ++axis) {
      CAPTURE(axis);
      const auto part = [&](int64_t begin, int64_t length) {
        Dims shape = dims;
        shape[axis] = length;
        EagerCall call = call_of("slice", {x}, shape);
        call.dtype = DType::i64;
        call.attributes.axis = axis;
        call.attributes.begin = begin;
        return tensor(DType::i64, shape, run_op<int64_t>(call, isa));
      };
      const Tensor second = part(1, 2);
      CHECK(values_of<int64_t>(second)[0] == at(axis == 0, axis == 1, axis == 2));
      CHECK(values_of<int64_t>(second).back() == at(2, axis == 1 ? 2 : 3, axis == 2 ? 2 : 4));
      EagerCall join = call_of("concat", {part(0, 1), second, part(3, 0), part(3, dims[axis] - 3)}, dims);
      join.dtype = DType::i64;
      join.attributes.axis = axis;
      CHECK(run_op<int64_t>(join, isa) == values);
    }
    for (const Dims& order : {Dims{0, 1, 2}, Dims{0, 2, 1}, Dims{1, 0, 2}, Dims{2, 1, 0}, Dims{1, 2, 0}}) {
      EagerCall call = call_of("transpose", {x}, {dims[order[0]], dims[order[1]], dims[order[2]]});
      call.dtype = DType::i64;
      std::copy(order.begin(), order.end(), call.attributes.order);
      std::vector<int64_t> expected;
      int64_t index[3];
      for (index[order[0]] = 0; index[order[0]] < dims[order[0]]; ++index[order[0]]) {
        for (index[order[1]] = 0; index[order[1]] < dims[order[1]]; ++index[order[1]]) {
          for (index[order[2]] = 0; index[order[2]] < dims[order[2]]; ++index[order[2]]) {
            expected.push_back(at(index[0], index[1], index[2]));
          }
        }
      }
      CHECK(run_op<int64_t>(call, isa) == expected);
    }
    EagerCall bytes = call_of("transpose", {tensor<int8_t>(DType::i8, {2, 3}, {1, 2, 3, 4, 5, 6})}, {3, 2});
    bytes.dtype = DType::i8;
    bytes.attributes.order[0] = 1;
    CHECK(run_op<int8_t>(bytes, isa) == std::vector<int8_t>{1, 4, 2, 5, 3, 6});
  });
}

TEST_CASE("copy, convert, positions") {
  on_every_isa([](const IsaChoice& isa) {
    const Tensor x = floats({2, 3}, {1, -2, 0.5f, 65504, 0, 3});
    CHECK(run_op(call_of("copy", {x}, {3, 2}), isa) == values_of(x));
    EagerCall narrow = call_of("convert", {x}, {2, 3});
    narrow.dtype = DType::f16;
    const std::vector<uint16_t> bits{0x3c00, 0xc000, 0x3800, 0x7bff, 0, 0x4200};
    CHECK(run_op<uint16_t>(narrow, isa) == bits);
    CHECK(run_op(call_of("convert", {tensor(DType::f16, {2, 3}, bits)}, {2, 3}), isa) == values_of(x));
    CHECK(run_op(call_of("convert", {tensor<int64_t>(DType::i64, {2}, {-3, 7})}, {2}), isa) ==
          std::vector<float>{-3, 7});
    EagerCall count = call_of("positions", {ints({0, 2, 2, 5})}, {5});
    count.dtype = DType::i32;
    CHECK(run_op<int32_t>(count, isa) == std::vector<int32_t>{0, 1, 0, 1, 2});
  });
}

TEST_CASE("operations refuse what would reach outside their inputs") {
  const IsaChoice isa = runnable_isas().back();
  Tensor out;
  const Tensor x = random({4, 6}, 1), v = random({6}, 2), w = random({3, 5}, 3);
  EagerCall linear = call_of("linear", {x}, {4, 3});
  CHECK(try_run(linear, isa, &out).message() == "linear: needs a weight");
  linear.weights = {{w, {}}};
  CHECK_FALSE(try_run(linear, isa, &out).is_ok());
  linear.weights = {{random({3, 6}, 3), random({4}, 1)}};
  CHECK(try_run(linear, isa, &out).message().find("bias must be [out]") != std::string::npos);
  EagerCall slice = call_of("slice", {x}, {2, 6});
  slice.attributes.begin = 3;
  EagerCall typed = call_of("add", {x, x}, {4, 6});
  typed.dtype = DType::i32;
  const EagerCall bad[] = {
      slice,
      typed,
      call_of("add", {x}, {4, 6}),
      call_of("add", {x, x}, {4, 7}),
      call_of("layerNorm", {x, v, random({5}, 1)}, {4, 6}),
      call_of("layerNorm", {x, v}, {4, 6}),
      call_of("softmax", {x}, {4, 5}),
      call_of("gelu", {ints({1})}, {1}),
      call_of("matmul", {x, w}, {4, 5}),
      call_of("embedding", {x, ints({0})}, {2, 6}),
      call_of("embedding", {x, v}, {6, 6}),
      call_of("transpose", {x}, {6, 4}),
      call_of("copy", {x}, {5, 5}),
      call_of("concat", {x, w}, {7, 6}),
      call_of("pool", {x, ints({})}, {0, 6}),
      call_of("pool", {x, ints({0, 3})}, {1, 6}),
      call_of("pool", {x, ints({0, 3, 2, 4})}, {3, 6}),
      call_of("pool", {x, ints({1, 4})}, {1, 6}),
      call_of("pool", {x, ints({0, 4}), ints({-1})}, {1, 6}),
      call_of("attention", {x, x, x, ints({0, 9})}, {4, 6}),
      call_of("attention", {x, x, w, ints({0, 4})}, {4, 6}),
      call_of("attention", {x, x, x, ints({0, 4}), random({1, 3, 3}, 1)}, {4, 6}),
      call_of("attentionProbs", {x, x, ints({0, 4})}, {1, 15}),
      call_of("attentionProbs", {x, x, ints({0, 4})}, {2, 16}),
  };
  for (const EagerCall& call : bad) {
    const Status status = try_run(call, isa, &out);
    CAPTURE(call.op->name);
    CAPTURE(status.message());
    CHECK(status.message().find(std::string(call.op->name) + ": ") == 0);
  }
}

}  // namespace vectral::test
