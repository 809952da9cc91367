// int8 products where there is no instruction for them: the even and the odd bytes of each word widened to i16, then
// products summed in pairs to i32, which is exact. (Multiplying the bytes themselves, vpmaddubsw, saturates at i16.)

struct I8Dot {
  using A = uint8_t;
  using W = int8_t;
  using Sum = int32_t;
  using Acc = Words;
  static constexpr int kGroup = 4, kSteps = 2;
  static constexpr bool kCoarse = true;

  static Acc start() { return zero_words(); }
  static Words weights(const W* p, int s) { return s == 0 ? even_s8(load_words32(p)) : odd_s8(load_words32(p)); }
  static Words activation(const A* p, int s) { return s == 0 ? even_u8(set_words(p)) : odd_u8(set_words(p)); }
  static void accumulate(Words x, Words w, Acc* acc) { madd_to(x, w, acc); }
  static void write(Sum* p, Acc acc) { store_words32(p, acc); }
};
