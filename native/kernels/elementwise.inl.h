// y[i] = f(x[i]), and the arithmetic of two arrays.
//
// Contract   any n >= 0, any address; y may be x (or a, b).
// Tile, tail one Vec at a time; the tail is the same function on a partial load, so element i never depends on n.
// Accuracy   as math.inl.h; add, mul and scale round once.

template <typename F>
inline void map(const float* x, float* y, int64_t n, F f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(x + i)));
  if (i < n) store_partial(y + i, f(load_partial(x + i, n - i)), n - i);
}

template <typename F>
inline void map(const float* a, const float* b, float* y, int64_t n, F f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(y + i, f(load(a + i), load(b + i)));
  if (i < n) store_partial(y + i, f(load_partial(a + i, n - i), load_partial(b + i, n - i)), n - i);
}

struct Sum {
  Vec operator()(Vec a, Vec b) const { return a + b; }
};
struct Product {
  Vec operator()(Vec a, Vec b) const { return a * b; }
};
struct Scaled {
  Vec factor;
  Vec operator()(Vec x) const { return x * factor; }
};

inline void activate(Activation f, const float* x, float* y, int64_t n) {
  switch (f) {
    case Activation::none:
      return map(x, y, n, Activate<Activation::none>());
    case Activation::gelu:
      return map(x, y, n, Activate<Activation::gelu>());
    case Activation::gelu_tanh:
      return map(x, y, n, Activate<Activation::gelu_tanh>());
    case Activation::relu:
      return map(x, y, n, Activate<Activation::relu>());
    case Activation::silu:
      return map(x, y, n, Activate<Activation::silu>());
    case Activation::tanh:
      return map(x, y, n, Activate<Activation::tanh>());
    case Activation::sigmoid:
      return map(x, y, n, Activate<Activation::sigmoid>());
  }
}

inline void add(const float* a, const float* b, float* y, int64_t n) { map(a, b, y, n, Sum()); }

inline void mul(const float* a, const float* b, float* y, int64_t n) { map(a, b, y, n, Product()); }

inline void scale(const float* x, float factor, float* y, int64_t n) { map(x, y, n, Scaled{set(factor)}); }
