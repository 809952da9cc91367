// Programs: slots, aliases, symbols, errors, many runs at once.
#include <thread>

#include "program_support.h"

namespace vectral::test {
namespace {

PlanValue constant(const Tensor& t) {
  PlanValue v;
  v.kind = ValueKind::constant;
  v.dtype = t.dtype;
  v.shape = t.shape;
  v.constant = t;
  return v;
}

PlanValue alias(const Dims& dims, int64_t of, int64_t offset, int64_t row_stride) {
  PlanValue v = value(ValueKind::alias, dims, of);
  v.offset = offset;
  v.row_stride = row_stride;
  return v;
}

// ids [N] -> rows of a table -> a linear of width 6 -> the sum of its two halves (column slices) -> relu, in a slot
// that was the first one -> out [N, 3].
Plan small_plan(const Tensor& table, const Tensor& weight) {
  Plan plan;
  plan.inputs = 1;
  plan.outputs = 1;
  plan.slots = 2;
  plan.values = {value(ValueKind::input, {-1}, 0, DType::i32),
                 constant(table),
                 value(ValueKind::slot, {-1, 4}, 0),
                 value(ValueKind::slot, {-1, 6}, 1),
                 alias({-1, 3}, 3, 0, 6),
                 alias({-1, 3}, 3, 3, 6),
                 value(ValueKind::slot, {-1, 3}, 0),
                 value(ValueKind::output, {-1, 3}, 0)};
  plan.steps = {step("embedding", {1, 0}, 2), step("linear", {2}, 3), step("add", {4, 5}, 6), step("relu", {6}, 7)};
  plan.steps[1].weights = {{weight, {}}};
  return plan;
}

std::shared_ptr<const Program> compiled(Plan plan) {
  std::shared_ptr<const Program> program;
  const Status status = Program::compile(std::move(plan), runnable_isas().back(), 2, {}, &program);
  REQUIRE_MESSAGE(status.is_ok(), status.message());
  return program;
}

Status compile_error(Plan plan) {
  std::shared_ptr<const Program> program;
  return Program::compile(std::move(plan), runnable_isas().back(), 1, {}, &program);
}

Status run(const Program& program, std::vector<int32_t>& ids, int64_t n, std::vector<float>& out, int threads) {
  RunRequest request;
  request.inputs = {{ids.data(), DType::i32, static_cast<int64_t>(ids.size())}};
  request.symbols = {n};
  request.outputs = {{out.data(), DType::f32, static_cast<int64_t>(out.size())}};
  request.threads = threads;
  return program.run(request);
}

Row64 expected_of(const Tensor& table, const Tensor& weight, const std::vector<int32_t>& ids) {
  const std::vector<float> t = values_of(table), w = values_of(weight);
  Row64 out;
  for (const int32_t id : ids) {
    for (int64_t j = 0; j < 3; ++j) {
      double sum = 0;
      for (int64_t c = 0; c < 4; ++c) sum += static_cast<double>(t[id * 4 + c]) * (w[j * 4 + c] + w[(j + 3) * 4 + c]);
      out.push_back(std::max(sum, 0.0));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("program: slots used again, column slices in place, any number of rows and threads") {
  const Tensor table = random({10, 4}, 1), weight = random({6, 4}, 2);
  const auto program = compiled(small_plan(table, weight));
  for (const int n : {3, 1, 0, 200, 2}) {
    for (const int threads : {1, 2, 5}) {
      std::vector<int32_t> ids;
      for (int i = 0; i < n; ++i) ids.push_back(i * 7 % 10);
      std::vector<float> out(static_cast<size_t>(n) * 3, -1.0f);
      const Status status = run(*program, ids, n, out, threads);
      REQUIRE_MESSAGE(status.is_ok(), status.message());
      // Sums of eight products of order 1, in float32.
      CHECK(worst_difference(out, expected_of(table, weight, ids)) < 1e-5);
    }
  }
  CHECK(program->packed_bytes() >= 6 * 4 * 4);
  CHECK(program->arena_bytes() >= 200 * (6 + 4) * 4);
}

TEST_CASE("program: many runs at once do not see each other") {
  const Tensor table = random({10, 4}, 1), weight = random({6, 4}, 2);
  const auto program = compiled(small_plan(table, weight));
  std::vector<std::thread> callers;
  std::vector<int> wrong(6, 0);
  for (size_t c = 0; c < wrong.size(); ++c) {
    callers.emplace_back([&, c] {
      std::vector<int32_t> ids(40 + c, static_cast<int32_t>(c));
      const Row64 expected = expected_of(table, weight, ids);
      for (int i = 0; i < 30; ++i) {
        std::vector<float> out(ids.size() * 3);
        const bool ran = run(*program, ids, static_cast<int64_t>(ids.size()), out, static_cast<int>(c) % 3 + 1).is_ok();
        double worst = 0;
        for (size_t e = 0; e < out.size(); ++e) worst = std::max(worst, std::fabs(out[e] - expected[e]));
        wrong[c] += !ran || worst > 1e-5;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(wrong == std::vector<int>(6, 0));
}

TEST_CASE("program: an error in a step ends the run on all threads, and the next run works") {
  const Tensor table = random({10, 4}, 1), weight = random({6, 4}, 2);
  const auto program = compiled(small_plan(table, weight));
  std::vector<int32_t> ids(300, 1);
  std::vector<float> out(900);
  for (const int bad : {0, 150, 299}) {
    for (const int threads : {1, 2, 4}) {
      std::vector<int32_t> spoiled = ids;
      spoiled[static_cast<size_t>(bad)] = 10;
      CHECK(run(*program, spoiled, 300, out, threads).message().find("id 10 at position " + std::to_string(bad)) !=
            std::string::npos);
    }
  }
  CHECK(run(*program, ids, 300, out, 2).is_ok());
}

TEST_CASE("program: requests that do not fit are refused before anything is touched") {
  const Tensor table = random({10, 4}, 1), weight = random({6, 4}, 2);
  const auto program = compiled(small_plan(table, weight));
  std::vector<int32_t> ids(3, 0);
  std::vector<float> out(9), short_out(8);
  CHECK(run(*program, ids, 4, out, 1).message().find("input 0 must have 4 elements") != std::string::npos);
  CHECK(run(*program, ids, 3, short_out, 1).message().find("output 0 must have 9 elements") != std::string::npos);
  CHECK_FALSE(run(*program, ids, -1, out, 1).is_ok());
  CHECK_FALSE(run(*program, ids, int64_t{1} << 45, out, 1).is_ok());
  RunRequest request;
  CHECK(program->run(request).message().find("takes 1 inputs, got 0") != std::string::npos);
  request.inputs = {{ids.data(), DType::f32, 3}};
  request.outputs = {{out.data(), DType::f32, 9}};
  request.symbols = {3};
  CHECK(program->run(request).message().find("input 0 must be an array of i32") != std::string::npos);
  request.inputs = {{ids.data(), DType::i32, 3}};
  request.symbols = {};
  CHECK(program->run(request).message().find("symbol that was not given") != std::string::npos);
}

TEST_CASE("program: plans that point outside, in circles or at read-only memory are refused") {
  const Tensor table = random({10, 4}, 1), weight = random({6, 4}, 2);
  const auto spoiled = [&](auto spoil) {
    Plan plan = small_plan(table, weight);
    spoil(plan);
    return compile_error(std::move(plan)).message();
  };
  CHECK(spoiled([](Plan&) {}).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[2].index = 2; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[0].index = 1; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[7].index = -1; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[4].index = 99; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[4].index = 4; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[4].index = 5, p.values[5].index = 4; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[4].offset = -1; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[4].dtype = DType::i64; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.values[1].constant.reset(); }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.steps[0].inputs[0] = 8; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.steps[0].output = -1; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.steps[0].output = 1; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.steps[0].output = 0; }).empty());
  CHECK_FALSE(spoiled([](Plan& p) { p.slots = -1; }).empty());
}

TEST_CASE("program: aliases that leave the value they view, and constants of another size, fail the run") {
  const Tensor table = random({10, 4}, 1), weight = random({6, 4}, 2);
  std::vector<int32_t> ids(3, 0);
  std::vector<float> out(9);
  const auto error = [&](auto spoil) {
    Plan plan = small_plan(table, weight);
    spoil(plan);
    return run(*compiled(std::move(plan)), ids, 3, out, 1).message();
  };
  CHECK(error([](Plan& p) { p.values[5].offset = 4; }).find("reaches outside") != std::string::npos);
  CHECK(error([](Plan& p) { p.values[5].row_stride = 7; }).find("reaches outside") != std::string::npos);
  CHECK(error([](Plan& p) { p.values[5].row_stride = 2; }).find("overlap") != std::string::npos);
  CHECK(error([](Plan& p) { p.values[1].shape.dims[0] = 11; }).find("size of its constant") != std::string::npos);
}

}  // namespace vectral::test
