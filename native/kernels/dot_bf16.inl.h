// bf16 products where there is no instruction for them: both halves of a pair widened, two fused multiply-adds. A
// product of two bf16 is exact in f32, so only the sums round.

struct Bf16Dot {
  using A = BF16;
  using W = BF16;
  using Sum = float;
  using Acc = Vec;
  static constexpr int kGroup = 2, kSteps = 2;
  static constexpr bool kCoarse = true;

  static Acc start() { return zero(); }
  static Vec weights(const W* p, int s) { return s == 0 ? low_bf16(load_words32(p)) : high_bf16(load_words32(p)); }
  static Vec activation(const A* p, int s) { return s == 0 ? low_bf16(set_words(p)) : high_bf16(set_words(p)); }
  static void accumulate(Vec x, Vec w, Acc* acc) { mul_add_to(x, w, acc); }
  static void write(Sum* p, Acc acc) { store(p, acc); }

  static void narrow(A* p, Vec x) { store(p, x); }
  static void narrow_partial(A* p, Vec x, int64_t n) { store_partial(p, x, n); }
  // even[0], odd[0], even[1], ...
  static void narrow_pairs(A* p, Vec even, Vec odd) {
    A halves[2][kLanes];
    store(halves[0], even);
    store(halves[1], odd);
    for (int i = 0; i < 2 * kLanes; ++i) p[i] = halves[i % 2][i / 2];
  }
};
