// One step of learning word vectors by telling words from noise (Mikolov et al. 2013), for several inputs at once.
//
// Formula    p[i][o] = sigmoid(input[i] . output[o]),  g[i][o] = rate * (labels[o] - p[i][o])
//            changed[i] += sum over o of g[i][o] * output[o],  output[o] += sum over i of g[i][o] * input[i]
//            word_change is the second line alone, for one input and any g.
// Contract   rows of `dim` floats, a multiple of 16 (pad with zeros, which stay). Rows of inputs may repeat; of outputs
// those
//            of one group of kWordStepOutputs may not. changed[i] may be inputs[i]. scores: room for m *
//            kWordStepOutputs.
// Tile       a group of outputs at a time: scores in one pass over the rows, changes in a second one, in which a Vec of
// each output
//            and of its change stay in registers. The groups follow one another, so a later one sees what a changed
//            input became.
// Accuracy   exact sigmoid; float sums in one chain over dim.

inline void word_step_scores(const float* input, float* const* outputs, int64_t n, int64_t dim, float* scores) {
  Vec sum[kWordStepOutputs];
  for (int64_t o = 0; o < n; ++o) sum[o] = zero();
  for (int64_t c = 0; c < dim; c += kLanes) {
    const Vec x = load(input + c);
    for (int64_t o = 0; o < n; ++o) mul_add_to(x, load(outputs[o] + c), &sum[o]);
  }
  for (int64_t o = 0; o < n; ++o) scores[o] = reduce_add(sum[o]);
}

template <int kOutputs>
inline void word_change_group(const float* const* inputs, float* const* changed, int64_t m, float* const* outputs,
                              const float* factors, int64_t dim) {
  for (int64_t c = 0; c < dim; c += kLanes) {
    Vec row[kOutputs], change[kOutputs];
    for (int o = 0; o < kOutputs; ++o) row[o] = change[o] = load(outputs[o] + c);
    for (int64_t i = 0; i < m; ++i) {
      const float* const g = factors + i * kOutputs;
      const Vec x = load(inputs[i] + c);
      Vec y = load(changed[i] + c);
      for (int o = 0; o < kOutputs; ++o) {
        const Vec factor = set(g[o]);
        mul_add_to(factor, row[o], &y);
        mul_add_to(factor, x, &change[o]);
      }
      store(changed[i] + c, y);
    }
    for (int o = 0; o < kOutputs; ++o) store(outputs[o] + c, change[o]);
  }
}

template <int kOutputs>
inline void word_step_group(const float* const* inputs, float* const* changed, int64_t m, float* const* outputs,
                            const float* labels, float rate, int64_t dim, float* scores) {
  for (int64_t i = 0; i < m; ++i) word_step_scores(inputs[i], outputs, kOutputs, dim, scores + i * kOutputs);
  activate(Activation::sigmoid, scores, scores, m * kOutputs);
  for (int64_t i = 0; i < m; ++i) {
    for (int o = 0; o < kOutputs; ++o) scores[i * kOutputs + o] = rate * (labels[o] - scores[i * kOutputs + o]);
  }
  word_change_group<kOutputs>(inputs, changed, m, outputs, scores, dim);
}

inline void word_step(const float* const* inputs, float* const* changed, int64_t m, float* const* outputs,
                      const float* labels, int64_t n, float rate, int64_t dim, float* scores) {
  take_groups<kWordStepOutputs>(n, [=]<int kOutputs>(int64_t o) {
    word_step_group<kOutputs>(inputs, changed, m, outputs + o, labels + o, rate, dim, scores);
  });
}

inline void word_change(const float* input, float* changed, float* const* outputs, const float* factors, int64_t n,
                        int64_t dim) {
  take_groups<kWordStepOutputs>(n, [=]<int kOutputs>(int64_t o) {
    word_change_group<kOutputs>(&input, &changed, 1, outputs + o, factors + o, dim);
  });
}
