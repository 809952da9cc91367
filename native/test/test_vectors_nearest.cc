// The nearest rows: what scoring every row gives, bit by bit, whatever the sketch left out.
#include <algorithm>
#include <numeric>
#include <string>

#include "../vectors/nearest.h"
#include "kernel_support.h"

using namespace vectral;
using namespace vectral::test;

namespace {

// A set of these rows, as `dtype`; of i8 with the scales that hold each row.
std::shared_ptr<VectorSet> set_of(const KernelTable& kernels, const std::vector<float>& rows, int64_t dim,
                                  DType dtype) {
  auto set = std::make_shared<VectorSet>();
  const int64_t size = static_cast<int64_t>(rows.size()) / dim;
  for (int64_t r = 0; r < size; ++r) set->words.add("w" + std::to_string(r));
  set->vectors.dtype = dtype;
  set->vectors.shape = {2, {size, dim}};
  set->vectors.storage = Storage::allocate(size * dim * dtype_bytes(dtype));
  void* const data = set->vectors.storage->data();
  if (dtype != DType::i8) {
    kernels.from_f32(dtype, rows.data(), data, size * dim);
    return set;
  }
  for (int64_t r = 0; r < size; ++r) {
    float most = 0;
    for (int64_t c = 0; c < dim; ++c) most = std::max(most, std::abs(rows[r * dim + c]));
    set->scales.push_back(most / 127);
    for (int64_t c = 0; c < dim; ++c) {
      const float x = most > 0 ? std::round(rows[r * dim + c] / most * 127) : 0;
      static_cast<int8_t*>(data)[r * dim + c] = static_cast<int8_t>(x);
    }
  }
  return set;
}

std::vector<float> unit_queries(Numbers& numbers, int64_t count, int64_t dim) {
  std::vector<float> queries = numbers.normals(count * dim);
  for (int64_t q = 0; q < count; ++q) {
    double square = 0;
    for (int64_t c = 0; c < dim; ++c) square += static_cast<double>(queries[q * dim + c]) * queries[q * dim + c];
    for (int64_t c = 0; c < dim; ++c) queries[q * dim + c] /= static_cast<float>(std::sqrt(square));
  }
  return queries;
}

// The best `topn` of all cosines, NaN last, equal ones by place.
Neighbours best_of_all(const VectorSet& set, const KernelTable& kernels, const float* query, int64_t topn,
                       int64_t rows) {
  std::vector<float> all(static_cast<size_t>(rows));
  cosines(set, kernels, query, rows, 1, all.data());
  for (float& score : all) score = score == score ? score : -2;
  std::vector<int32_t> order(all.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return all[a] > all[b]; });
  Neighbours best;
  best.places.assign(order.begin(), order.begin() + topn);
  for (const int32_t place : best.places) best.scores.push_back(all[place]);
  return best;
}

void check(const VectorSet& set, const KernelTable& kernels, const std::vector<float>& queries, int64_t topn,
           int64_t rows) {
  const int64_t dim = set.dim(), count = static_cast<int64_t>(queries.size()) / dim;
  Neighbours expected;
  for (int64_t q = 0; q < count; ++q) {
    const Neighbours best = best_of_all(set, kernels, queries.data() + q * dim, topn, rows);
    expected.places.insert(expected.places.end(), best.places.begin(), best.places.end());
    expected.scores.insert(expected.scores.end(), best.scores.begin(), best.scores.end());
  }
  for (const int threads : {1, 2}) {
    CAPTURE(threads);
    const Neighbours many = nearest(set, kernels, queries.data(), count, topn, rows, threads);
    CHECK(many.places == expected.places);
    CHECK(many.scores == expected.scores);
    const Neighbours one = nearest(set, kernels, queries.data(), 1, topn, rows, threads);
    CHECK(std::equal(one.places.begin(), one.places.end(), expected.places.begin()));
    CHECK(std::equal(one.scores.begin(), one.scores.end(), expected.scores.begin()));
  }
}

}  // namespace

TEST_CASE("nearest: every type of matrix, one query or many, one thread or two") {
  on_every_isa([](const KernelTable& kernels) {
    Numbers numbers(3);
    for (const int64_t dim : {1, 7, 100, 130}) {
      const std::vector<float> rows = numbers.normals(5000 * dim);
      const std::vector<float> queries = unit_queries(numbers, dim == 100 ? 70 : 9, dim);
      for (const DType dtype : {DType::f32, DType::f16, DType::bf16, DType::i8}) {
        if (dtype != DType::f32 && dim != 7 && dim != 100) continue;
        CAPTURE(dim);
        CAPTURE(dtype_name(dtype));
        const auto set = set_of(kernels, rows, dim, dtype);
        check(*set, kernels, queries, 10, 4999);
      }
    }
  });
}

TEST_CASE("nearest: outliers, lengths from denormal to beyond the floats, zeros, NaN and rows that are equal") {
  on_every_isa([](const KernelTable& kernels) {
    constexpr int64_t kDim = 48, kRows = 9000;
    Numbers numbers(4);
    std::vector<float> rows = numbers.normals(kRows * kDim);
    const auto row = [&](int64_t r) { return rows.data() + r * kDim; };
    for (int64_t r = 0; r < kRows; ++r) {
      const float factors[] = {1e-42f, 1e-38f, 1e-31f, 1e-29f, 1e-3f, 1e3f, 1e29f, 1e31f, 1e37f, 0};
      if (r % 3 == 0) kernels.scale(row(r), factors[r / 3 % 10], row(r), kDim);
      if (r % 7 == 0) row(r)[r % kDim] *= 1000;
      if (r % 501 == 0) row(r)[3] = kNaN;
      if (r % 503 == 0) row(r)[4] = kInf;
      if (r % 5 == 1) std::copy_n(row(r - 1), kDim, row(r));
    }
    std::vector<float> queries = unit_queries(numbers, 20, kDim);
    // some that are rows, so that the best are near to 1 and close together; one of zeros, one that is no number
    const auto set = set_of(kernels, rows, kDim, DType::f32);
    for (int64_t q = 0; q < 8; ++q) {
      const float length = set->inverse_lengths(kernels, 1)[static_cast<size_t>(100 * q + 4)];
      kernels.scale(row(100 * q + 4), length, queries.data() + q * kDim, kDim);
    }
    std::fill_n(queries.begin() + 8 * kDim, kDim, 0.0f);
    queries[9 * kDim] = kNaN;
    check(*set, kernels, queries, 25, kRows);
    check(*set, kernels, queries, 400, kRows);   // near to what is still estimated
    check(*set, kernels, queries, 1000, kRows);  // too many to be
  });
}

TEST_CASE("nearest: close neighbours by the thousand") {
  on_every_isa([](const KernelTable& kernels) {
    constexpr int64_t kDim = 100;
    Numbers numbers(5);
    const std::vector<float> centre = numbers.normals(kDim);
    std::vector<float> rows = numbers.normals(6000 * kDim);
    for (int64_t i = 0; i < 6000 * kDim; ++i) rows[i] = centre[i % kDim] + 1e-3f * rows[i];
    const auto set = set_of(kernels, rows, kDim, DType::f32);
    std::vector<float> queries = unit_queries(numbers, 3, kDim);
    kernels.l2_normalize(centre.data(), kDim, 0, queries.data(), kDim, 1, kDim);
    check(*set, kernels, queries, 10, 6000);
  });
}

TEST_CASE("nearest equals sums in double") {
  on_every_isa([](const KernelTable& kernels) {
    constexpr int64_t kDim = 100, kRows = 5000;
    Numbers numbers(6);
    const std::vector<float> rows = numbers.normals(kRows * kDim), query = unit_queries(numbers, 1, kDim);
    std::vector<double> cosines(kRows);
    for (int64_t r = 0; r < kRows; ++r) {
      double product = 0, square = 0;
      for (int64_t c = 0; c < kDim; ++c) {
        product += static_cast<double>(rows[r * kDim + c]) * query[c];
        square += static_cast<double>(rows[r * kDim + c]) * rows[r * kDim + c];
      }
      cosines[r] = product / std::sqrt(square);
    }
    const auto set = set_of(kernels, rows, kDim, DType::f32);
    const Neighbours found = nearest(*set, kernels, query.data(), 1, 20, kRows, 1);
    std::vector<double> best = cosines;
    std::sort(best.rbegin(), best.rend());
    for (int64_t i = 0; i < 20; ++i) {
      // a chain of dim / lanes float products of lengths 1
      CHECK(std::abs(found.scores[i] - cosines[found.places[i]]) < 1e-6);
      CHECK(std::abs(cosines[found.places[i]] - best[i]) < 1e-6);
    }
  });
}
