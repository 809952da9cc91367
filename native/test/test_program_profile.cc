// Timed runs and measured peaks. How long anything takes is nobody's business here, only that it is told for the right
// thing.
#include <cmath>

#include "../program/peaks.h"
#include "program_support.h"

namespace vectral::test {
namespace {

// in [N, 4] -> relu -> softmax -> out [N, 4]
std::shared_ptr<const Program> two_steps() {
  Plan plan;
  plan.inputs = plan.outputs = plan.slots = 1;
  plan.values = {value(ValueKind::input, {-1, 4}, 0), value(ValueKind::slot, {-1, 4}, 0),
                 value(ValueKind::output, {-1, 4}, 0)};
  plan.steps = {step("relu", {0}, 1), step("softmax", {1}, 2)};
  std::shared_ptr<const Program> program;
  REQUIRE(Program::compile(std::move(plan), runnable_isas().back(), 1, {}, &program).is_ok());
  return program;
}

RunRequest request_of(std::vector<float>& in, std::vector<float>& out, int64_t n, int threads) {
  RunRequest request;
  request.inputs = {{in.data(), DType::f32, static_cast<int64_t>(in.size())}};
  request.symbols = {n};
  request.outputs = {{out.data(), DType::f32, static_cast<int64_t>(out.size())}};
  request.threads = threads;
  return request;
}

bool is_time(double seconds) { return std::isfinite(seconds) && seconds >= 0; }

TEST_CASE("a profile has a time for each step and fills the output as a run does") {
  const auto program = two_steps();
  const int64_t n = 50;
  std::vector<float> in = values_of(random({n, 4}, 3)), expected(n * 4), out(n * 4);
  REQUIRE(program->run(request_of(in, expected, n, 1)).is_ok());
  for (const int threads : {1, 3}) {
    for (const int64_t runs : {1, 4}) {
      std::fill(out.begin(), out.end(), -1.0f);
      RunProfile profile;
      REQUIRE(program->profile(request_of(in, out, n, threads), runs, &profile).is_ok());
      CHECK(out == expected);
      CHECK(profile.run > 0);
      CHECK(profile.besides > 0);
      REQUIRE(profile.steps.size() == 2);
      for (const double seconds : profile.steps) CHECK(is_time(seconds));
    }
  }
}

TEST_CASE("a profile of a run that fails gives the run's error") {
  const auto program = two_steps();
  std::vector<float> in(8), out(4);
  RunProfile profile;
  const Status run = program->run(request_of(in, out, 2, 1));
  const Status profiled = program->profile(request_of(in, out, 2, 1), 3, &profile);
  REQUIRE(!run.is_ok());
  CHECK(profiled.message() == run.message());
  CHECK(profile.steps.empty());
}

TEST_CASE("peaks are measured for each arithmetic, and reading for each size that is allowed") {
  const KernelTable& kernels = *runnable_isas().back().kernels;
  const std::pair<int, std::vector<int64_t>> cases[] = {{1, {16384, 65536, 262144}}, {2, {16384, 65536}}};
  for (const auto& [threads, sizes] : cases) {
    MachinePeaks peaks;
    REQUIRE(measure_peaks(kernels, threads, 262144, &peaks).is_ok());
    CHECK(peaks.f32 > 0);
    CHECK(peaks.bf16 > 0);
    CHECK(peaks.i8 > 0);
    REQUIRE(peaks.reads.size() == sizes.size());
    for (size_t i = 0; i < sizes.size(); ++i) {
      CHECK(peaks.reads[i].bytes == sizes[i]);
      CHECK(peaks.reads[i].bytes_per_second > 0);
    }
  }
  MachinePeaks none;
  REQUIRE(measure_peaks(kernels, 1, 0, &none).is_ok());
  CHECK(none.reads.empty());
}

}  // namespace
}  // namespace vectral::test
