// The online softmax of attention: what rows carry from one block of keys to the next, and a block's step of it
// (Milakov & Gimelshein 2018, arXiv:1805.02867).
//
// Contract   scores of `rows` rows, kScoreStep apart, become powers 2^(score - largest so far) which Weights::put
//            stores: where the scores stand, or elsewhere. `state.seen` says how many keys of the block a row sees;
//            whole vectors are written, with zeros past the last key seen. `bias` is in the unit of e, scores of log2.

// What the rows of a tile carry from one block of keys to the next, a lane a row.
template <int kRows>
struct RowStates {
  static constexpr int kCount = (kRows + kLanes - 1) / kLanes * kLanes;
  float largest[kCount];  // score so far
  float total[kCount];    // of 2^(score - largest)
  float factor[kCount];   // that brings what was added up before to the new largest
  int64_t seen[kRows];    // keys of the present block

  RowStates() {
    for (int r = 0; r < kCount; r += kLanes) {
      store(largest + r, set(-__builtin_inff()));
      store(total + r, zero());
    }
  }

  // Makes `factor` what turns sums into means. Rows that saw only -inf get 0.
  void finish() {
    for (int r = 0; r < kCount; r += kLanes) {
      const Vec sum = load(total + r);
      store(factor + r, select(less(sum, set(0x1p-126f)), zero(), set(1.0f) / sum));
    }
  }
};

struct AddBias {
  Vec operator()(Vec score, Vec bias) const { return mul_add(bias, set(kLog2E), score); }
};

// Adds the bias, and fills each row's last vector with -inf. Gives the rows' largest scores.
inline void attention_largest(float* scores, const float* bias, int64_t ldb, int64_t rows, const int64_t* seen,
                              float* largest) {
  const Vec lowest = set(-__builtin_inff());
  for (int64_t r = 0; r < rows; ++r, scores += kScoreStep) {
    const int64_t n = seen[r], whole = n / kLanes * kLanes;
    if (bias) map(scores, bias + r * ldb, scores, n, AddBias());
    if (whole < n) store(scores + whole, first_lanes(load(scores + whole), n - whole, lowest));
    Vec m = lowest;
    for (int64_t i = 0; i < n; i += kLanes) m = max(m, load(scores + i));
    largest[r] = reduce_max(m);
  }
}

// In whole vectors: a masked store would hold up the loads that follow. One step over all rows after another, so that
// the rows overlap. Inlined, its constants would leave the registers for the stack.
template <typename Weights, int kRows>
__attribute__((noinline)) void attention_softmax(float* scores, typename Weights::Type* weights, int64_t ldw,
                                                 const float* bias, int64_t ldb, int64_t rows,
                                                 RowStates<kRows>* state) {
  constexpr int kCount = RowStates<kRows>::kCount;
  float largest[kCount] = {}, shift[kCount], total[kCount] = {};
  attention_largest(scores, bias, ldb, rows, state->seen, largest);
  const Vec lowest = set(-__builtin_inff());
  for (int r = 0; r < kCount; r += kLanes) {
    const Vec before = load(state->largest + r), now = max(load(largest + r), before);
    const Vec by = select(less(lowest, now), now, select(is_nan(now), now, zero()));
    store(state->largest + r, now);
    store(shift + r, by);
    store(state->factor + r, exp2_below_zero(before - by));
  }
  for (int64_t r = 0; r < rows; ++r) {
    const float* const row = scores + r * kScoreStep;
    auto* const to = weights + r * ldw;
    const Vec by = set(shift[r]);
    Vec sum = zero();
    for (int64_t i = 0; i < state->seen[r]; i += kLanes) {
      const Vec e = exp2_below_zero(load(row + i) - by);
      sum = sum + e;
      Weights::put(to + i, e);
    }
    total[r] = reduce_add(sum);
  }
  for (int r = 0; r < kCount; r += kLanes) {
    store(state->total + r, mul_add(load(state->total + r), load(state->factor + r), load(total + r)));
  }
}
