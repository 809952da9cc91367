// The most multiply-adds a second on tile registers (gemm_tile_step.inl.h): the four products of a step without its
// loads.
//
// Contract   as the peak_* entries of dispatch/kernels.h. `element`: bytes of one of A and of W. `products`: how many
// of
//            them make up one that counts, where operands come in parts.
// Why        four sums are as many as the GEMM has, and enough to hide the latency of a product.

template <typename Tiles, typename Dot>
inline int64_t peak_tile_registers(const void* numbers, int64_t turns, int64_t element, int64_t products = 1) {
  static_assert(kPeakNumbers >= kTileHeight * kTileWidth);
  Tiles::configure(tile_config(kBlockHeight));
  Tiles::template zero<0>();
  Tiles::template zero<1>();
  Tiles::template zero<2>();
  Tiles::template zero<3>();
  Tiles::template load<4>(numbers, kTileWidth);
  Tiles::template load<5>(numbers, kTileWidth);
  Tiles::template load<6>(numbers, kTileWidth);
  Tiles::template load<7>(numbers, kTileWidth);
  for (int64_t turn = 0; turn < turns; ++turn) {
    Dot::template dot<Tiles, 0, 4, 6>();
    Dot::template dot<Tiles, 1, 4, 7>();
    Dot::template dot<Tiles, 2, 5, 6>();
    Dot::template dot<Tiles, 3, 5, 7>();
  }
  Tiles::release();
  const int64_t sums = 4 * kTileHeight * kTileHeight, terms = kTileWidth / element;
  return turns * sums * terms * 2 / products;
}

template <typename Tiles>
inline int64_t tile_peak_bf16(const void* numbers, int64_t turns) {
  return peak_tile_registers<Tiles, TileBf16>(numbers, turns, 2);
}

template <typename Tiles>
inline int64_t tile_peak_i8(const void* numbers, int64_t turns) {
  return peak_tile_registers<Tiles, TileI8>(numbers, turns, 1);
}

// f32 in bf16 parts: bf16 weights take three products, others more.
template <typename Tiles>
inline int64_t tile_split_peak(const void* numbers, int64_t turns) {
  return peak_tile_registers<Tiles, TileBf16>(numbers, turns, 2, 3);
}
