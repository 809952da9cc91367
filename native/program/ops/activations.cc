// gelu, geluTanh, relu, silu, tanh, sigmoid: y = f(x), element by element.
#include "checks.h"
#include "op_list.h"

namespace vectral {
namespace {

constexpr int64_t kGrain = 16;  // one cache line of f32: two threads never write the same line

template <Activation f>
Status run(const OpArgs& args) {
  const View &x = args.inputs[0], &y = args.output;
  int64_t begin, end;
  if (x.contiguous()) {
    args.split(x.size(), kGrain, &begin, &end);
    args.kernels->activate(f, x.as<const float>() + begin, y.as<float>() + begin, end - begin);
    return Status::ok();
  }
  args.split(x.rows(), 1, &begin, &end);
  for (int64_t r = begin; r < end; ++r) {
    args.kernels->activate(f, x.as<const float>() + r * x.row_stride, y.as<float>() + r * y.row_stride, x.cols());
  }
  return Status::ok();
}

Status check(const char* op, const OpArgs& args) {
  Check c(op, args);
  if (!c.inputs(1, 1)) return c.status();
  return c.type(0, DType::f32).output(DType::f32).output_like(0).status();
}

}  // namespace

#define VECTRAL_ACTIVATION(name, text) \
  const OpDefinition name##_op = {text, [](const OpArgs& a) { return check(text, a); }, run<Activation::name>};
VECTRAL_ACTIVATION(gelu, "gelu")
VECTRAL_ACTIVATION(gelu_tanh, "geluTanh")
VECTRAL_ACTIVATION(relu, "relu")
VECTRAL_ACTIVATION(silu, "silu")
VECTRAL_ACTIVATION(tanh, "tanh")
VECTRAL_ACTIVATION(sigmoid, "sigmoid")
#undef VECTRAL_ACTIVATION

}  // namespace vectral
