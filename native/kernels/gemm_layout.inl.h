// How the GEMMs on vectors want W packed: panels of whole vectors.

// The panel width of least cost: a panel costs its vectors plus about one vector's worth of broadcasts and loop.
inline PackLayout gemm_layout(Arithmetic arithmetic, DType weights, int64_t n) {
  int64_t best = kPanelVectors, best_cost = INT64_MAX;
  for (int64_t vectors = kPanelVectors; vectors >= 1; --vectors) {
    const int64_t panel = vectors * kLanes;
    const int64_t cost = (n + panel - 1) / panel * (vectors + 1);
    if (cost < best_cost) {
      best = vectors;
      best_cost = cost;
    }
  }
  const int32_t panel = static_cast<int32_t>(best * kLanes);
  switch (arithmetic) {
    case Arithmetic::bf16:
      assert(weights == DType::bf16);
      return {weights, panel, 2, 0};
    case Arithmetic::i8:
      assert(weights == DType::i8);
      return {weights, panel, 4, 0};
    default:
      return {weights, panel, 1, 0};
  }
}
