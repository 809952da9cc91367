// exp, tanh, sigmoid and the activations built on them, on one Vec.
//
// Contract   every float is legal. NaN in, NaN out. Infinities give the limits (gelu(-inf) = silu(-inf) = -0).
// Accuracy   worst found in a dense sweep against float64, any ISA (the bounds tested stand in test_kernels_math.cc):
//            exp 1.1 ulp; tanh 1.3, sigmoid 2.4, silu 3.2 ulp; gelu 2.4e-7 absolute, 4.1e-6 relative down to x = -13;
//            gelu_tanh 5.2e-7 absolute, 1.2e-5 relative down to x = -9.
// Why        coefficients are fitted by scripts/fit-polynomials.py. The float math of libm differs between machines;
//            ours gives the same bits wherever the same ISA runs.

constexpr float kLog2E = 1.44269504f;

// e^r - 1 - r = r^2 * P(r) on |r| <= ln2 / 2, then e^x = e^r * 2^n. ln 2 in two parts: n * kLn2High is exact.
inline Vec exp(Vec x) {
  constexpr float kLn2High = 0.693359375f;
  constexpr float kLn2Low = -2.12194440e-4f;
  // Beyond these the result is 0 or infinity all the same, and n stays within what scale_pow2 takes.
  x = min(set(89.0f), max(set(-104.0f), x));
  const Vec n = round(x * set(kLog2E));
  Vec r = neg_mul_add(n, set(kLn2High), x);
  r = neg_mul_add(n, set(kLn2Low), r);
  Vec p = set(0.001382147f);
  p = mul_add(p, r, set(0.008368663f));
  p = mul_add(p, r, set(0.041668255f));
  p = mul_add(p, r, set(0.16666521f));
  p = mul_add(p, r, set(0.49999994f));
  p = mul_add(p, r * r, r) + set(1.0f);
  return scale_pow2(p, n);
}

// 2^x for x <= 0: 2^r - 1 = r * P(r) on |r| <= 1/2, then 2^r * 2^n. At most 2.2 ulp, with two thirds of exp's work.
// What is below 2^-126 becomes 0: a denormal would take Intel cores 150 cycles, and every padded key (-inf) would make
// one.
inline Vec exp2_below_zero(Vec power) {
  const Vec least = set(-126.0f), x = max(least, power);
  const Vec n = round(x);
  const Vec r = x - n;
  Vec p = set(0.0013269535f);
  p = mul_add(p, r, set(0.009671292f));
  p = mul_add(p, r, set(0.05550711f));
  p = mul_add(p, r, set(0.24022247f));
  p = mul_add(p, r, set(0.693147f));
  return select(less(power, least), zero(), scale_pow2(mul_add(p, r, set(1.0f)), n));
}

// Small |x|: x + x^3 * P(x^2), for the relative error near 0. Else 1 - 2 / (e^2|x| + 1).
inline Vec tanh(Vec x) {
  const Vec a = abs(x);
  const Vec s = x * x;
  Vec p = set(-0.0056922967f);
  p = mul_add(p, s, set(0.020628167f));
  p = mul_add(p, s, set(-0.053736515f));
  p = mul_add(p, s, set(0.13331406f));
  p = mul_add(p, s, set(-0.3333328f));
  const Vec small = mul_add(p * s, x, x);
  const Vec large = set(1.0f) - set(2.0f) / (exp(a + a) + set(1.0f));
  return select(less(a, set(0.625f)), small, copy_sign(large, x));
}

// e = e^-|x| never overflows: 1 / (1 + e) on the right, e / (1 + e) on the left, so the left tail keeps its digits.
inline Vec sigmoid(Vec x) {
  const Vec e = exp(zero() - abs(x));
  return select(less(x, zero()), e, set(1.0f)) / (set(1.0f) + e);
}

// Where x is far left the product is -0 already; the bound turns -inf * 0 into it.
inline Vec times_sigmoid(Vec x, Vec of) { return max(set(-1e4f), x) * sigmoid(of); }

inline Vec silu(Vec x) { return times_sigmoid(x, x); }

// x * (1 + tanh(u)) / 2 with u = sqrt(2 / pi) * (x + 0.044715 x^3), and (1 + tanh(u)) / 2 = sigmoid(2u).
inline Vec gelu_tanh(Vec x) {
  const Vec cubic = mul_add(x * x, set(2.0f * 0.7978845608f * 0.044715f), set(2.0f * 0.7978845608f));
  return times_sigmoid(x, x * cubic);
}

// x * Phi(x) = max(x, 0) - a * Q(a), a = |x|, with Q the upper tail of the normal distribution (erfc(a / sqrt 2) / 2).
// Q(a) = e^(-a^2/2) * P(v) / (a + 4), v = (a - 4) / (a + 4): the rational map makes the tail nearly flat, so relative
// error is small everywhere and nothing cancels. Q is 0 in float32 beyond the bound on a.
inline Vec gelu(Vec x) {
  const Vec a = min(set(14.5f), abs(x));
  const Vec inverse = set(1.0f) / (a + set(4.0f));
  const Vec v = (a - set(4.0f)) * inverse;
  Vec p = set(-0.00012557389f);
  p = mul_add(p, v, set(0.00020053568f));
  p = mul_add(p, v, set(0.0015825056f));
  p = mul_add(p, v, set(-0.003526031f));
  p = mul_add(p, v, set(-0.007535814f));
  p = mul_add(p, v, set(0.06040707f));
  p = mul_add(p, v, set(-0.18652123f));
  p = mul_add(p, v, set(0.38713652f));
  p = mul_add(p, v, set(-0.6078967f));
  p = mul_add(p, v, set(0.75528514f));
  const Vec tail = exp(a * a * set(-0.5f)) * p * inverse;
  return neg_mul_add(a, tail, max(zero(), x));
}

// x * Phi(x) for results that are rounded to 8 bits or to bf16: Phi(x) = 1/2 + x * P(x^2) up to |x| = 4.5, where it is
// 1 or 0 in that precision. 5.4e-5 absolute, in a third of gelu's time.
inline Vec gelu_coarse(Vec x) {
  const Vec a = min(set(4.5f), max(set(-4.5f), x));
  const Vec s = a * a;
  Vec p = set(3.0000058e-11f);
  p = mul_add(p, s, set(-3.2839111e-9f));
  p = mul_add(p, s, set(1.5802567e-7f));
  p = mul_add(p, s, set(-4.4316835e-6f));
  p = mul_add(p, s, set(8.12097e-5f));
  p = mul_add(p, s, set(-0.0010362532f));
  p = mul_add(p, s, set(0.009580653f));
  p = mul_add(p, s, set(-0.06597727f));
  p = mul_add(p, s, set(0.39870858f));
  return x * mul_add(a, p, set(0.5f));
}

inline Vec relu(Vec x) { return max(zero(), x); }

// One type per activation, so that a loop is compiled for each and nothing is decided inside it. kCoarse: what comes
// out of a product of rounded operands needs no more digits than they had.
template <Activation F, bool kCoarse = false>
struct Activate {
  Vec operator()(Vec x) const {
    if constexpr (F == Activation::gelu && kCoarse) return gelu_coarse(x);
    if constexpr (F == Activation::gelu) return gelu(x);
    if constexpr (F == Activation::gelu_tanh) return gelu_tanh(x);
    if constexpr (F == Activation::relu) return relu(x);
    if constexpr (F == Activation::silu) return silu(x);
    if constexpr (F == Activation::tanh) return tanh(x);
    if constexpr (F == Activation::sigmoid) return sigmoid(x);
    return x;
  }
};
