// One step of GloVe (Pennington, Socher and Manning 2014) with AdaGrad, for one pair of words.
//
// Formula    miss = w . c + offset,  g = weight * miss
//            dw = eta * clip(g * c),  dc = eta * clip(g * w),  clip to [-clip, clip]
//            w -= dw / sqrt(gw), c -= dc / sqrt(gc), then gw += dw^2, gc += dc^2; the result is miss.
// Contract   rows of `dim` floats, a multiple of 16 (pad w and c with zeros, which stay, and gw and gc with ones). Four
//            different rows.
// Tile       a pass for the product, in four chains, and one for the changes.
// Accuracy   exact square roots and quotients; the product in float.

inline float glove_step(float* w, float* gw, float* c, float* gc, float offset, float weight, float eta, float clip,
                        int64_t dim) {
  Vec sum[4] = {zero(), zero(), zero(), zero()};
  int64_t i = 0;
  for (; i + 4 * kLanes <= dim; i += 4 * kLanes) {
    for (int64_t k = 0; k < 4; ++k) mul_add_to(load(w + i + k * kLanes), load(c + i + k * kLanes), &sum[k]);
  }
  for (; i < dim; i += kLanes) mul_add_to(load(w + i), load(c + i), &sum[0]);
  const float miss = reduce_add((sum[0] + sum[1]) + (sum[2] + sum[3])) + offset;
  const Vec g = set(weight * miss), rate = set(eta), most = set(clip), least = set(-clip);
  for (i = 0; i < dim; i += kLanes) {
    const Vec x = load(w + i), y = load(c + i), hx = load(gw + i), hy = load(gc + i);
    const Vec dx = rate * min(max(g * y, least), most), dy = rate * min(max(g * x, least), most);
    store(w + i, x - dx / square_root(hx));
    store(c + i, y - dy / square_root(hy));
    store(gw + i, mul_add(dx, dx, hx));
    store(gc + i, mul_add(dy, dy, hy));
  }
  return miss;
}
