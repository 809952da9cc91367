// pointwise: y = f(x), element by element, for functions that few models have: each in float64, without SIMD, as their
// results are a row a text. What a transformer runs on every token is in activations.cc.
#include <algorithm>
#include <cmath>

#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

constexpr int64_t kGrain = 16;  // one cache line of f32: two threads never write the same line

// The parameters are PyTorch's defaults. A NaN stays one: comparisons with it are false.
constexpr double kLambda = 0.5, kLeak = 0.01, kRandomLeak = 11.0 / 48, kLinearFrom = 20;
constexpr double kSeluAlpha = 1.6732632423543772, kSeluScale = 1.0507009873554805;

double clamp(double x, double least, double most) { return x < least ? least : x > most ? most : x; }
double elu(double x) { return x > 0 ? x : std::expm1(x); }
double leaky(double x, double slope) { return x > 0 ? x : slope * x; }
// log(1 + e^x): of a large x, and of one far below 0, nothing is lost.
double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

double apply(Pointwise f, double x) {
  switch (f) {
    case Pointwise::elu:
      return elu(x);
    case Pointwise::hardshrink:
      return std::fabs(x) <= kLambda ? 0 : x;
    case Pointwise::hardsigmoid:
      return clamp(x + 3, 0, 6) / 6;
    case Pointwise::hardswish:
      return x <= -3 ? 0 : x * clamp(x + 3, 0, 6) / 6;
    case Pointwise::hardtanh:
      return clamp(x, -1, 1);
    case Pointwise::leaky_relu:
      return leaky(x, kLeak);
    case Pointwise::log_sigmoid:
      return -softplus(-x);
    case Pointwise::mish:
      return x == -INFINITY ? 0 : x * std::tanh(softplus(x));
    case Pointwise::relu6:
      return clamp(x, 0, 6);
    case Pointwise::rrelu:
      return leaky(x, kRandomLeak);
    case Pointwise::selu:
      return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x));
    case Pointwise::softplus:
      return x > kLinearFrom ? x : softplus(x);
    case Pointwise::softshrink:
      return std::fabs(x) <= kLambda ? 0 : x - std::copysign(kLambda, x);
    case Pointwise::softsign:
      return std::isinf(x) ? std::copysign(1.0, x) : x / (1 + std::fabs(x));
    case Pointwise::tanhshrink:
      return x - std::tanh(x);
  }
  return x;
}

Status check(const OpArgs& args) {
  Check c("pointwise", args);
  if (!c.inputs(1, 1)) return c.status();
  return c.type(0, DType::f32).contiguous(0).output(DType::f32).output_like(0).status();
}

Status run(const OpArgs& args) {
  const auto* x = args.inputs[0].as<const float>();
  auto* y = args.output.as<float>();
  int64_t begin, end;
  args.split(args.output.size(), kGrain, &begin, &end);
  for (int64_t i = begin; i < end; ++i) {
    y[i] = static_cast<float>(apply(args.attributes->function, static_cast<double>(x[i])));
  }
  return Status::ok();
}

}  // namespace

const OpDefinition pointwise_op = {"pointwise", check, run};

}  // namespace vectral
