#include "pack.h"

#include <algorithm>
#include <type_traits>

namespace vectral {
namespace {

int64_t round_up(int64_t value, int64_t step) { return (value + step - 1) / step * step; }

// k after padding to whole interleave groups.
int64_t padded_k(const PackLayout& layout, int64_t k) { return round_up(k, layout.interleave); }

// Visits every slot of panels [begin, end) in storage order with the (n, k) it holds, padding included.
template <typename Visit>
void for_each_slot(const PackLayout& layout, int64_t k, int64_t begin, int64_t end, Visit visit) {
  const int64_t k_padded = padded_k(layout, k);
  const int64_t block = layout.block == 0 ? std::max<int64_t>(k_padded, 1) : layout.block;
  for (int64_t p = begin; p < end; ++p) {
    for (int64_t k0 = 0; k0 < k_padded; k0 += block) {
      const int64_t k1 = std::min(k0 + block, k_padded);
      for (int64_t group = k0; group < k1; group += layout.interleave) {
        for (int64_t n = p * layout.panel; n < (p + 1) * layout.panel; ++n) {
          for (int64_t i = group; i < group + layout.interleave; ++i) visit(n, i);
        }
      }
    }
  }
}

template <typename T>
void pack_elements(const PackLayout& layout, const T* source, int64_t n_stride, int64_t k_stride, int64_t n, int64_t k,
                   int64_t begin, int64_t end, T* out) {
  out += begin * layout.panel * padded_k(layout, k);
  for_each_slot(layout, k, begin, end,
                [&](int64_t i, int64_t j) { *out++ = i < n && j < k ? source[i * n_stride + j * k_stride] : T{}; });
}

// The common case, interleave 1: a transposition, done in squares so that neither side leaves the cache.
template <typename T>
void pack_plain(const PackLayout& layout, const T* source, int64_t n_stride, int64_t k_stride, int64_t n, int64_t k,
                int64_t begin, int64_t end, T* out) {
  constexpr int64_t kSquare = 16;
  const int64_t panel = layout.panel;
  for (int64_t p = begin; p < end; ++p) {
    T* to = out + p * panel * k;
    const int64_t n0 = p * panel;
    const int64_t filled = std::min(panel, n - n0);
    for (int64_t k0 = 0; k0 < k; k0 += kSquare) {
      const int64_t k1 = std::min(k0 + kSquare, k);
      for (int64_t i = 0; i < filled; ++i) {
        const T* from = source + (n0 + i) * n_stride;
        for (int64_t j = k0; j < k1; ++j) to[j * panel + i] = from[j * k_stride];
      }
      for (int64_t j = k0; j < k1; ++j) std::fill(to + j * panel + filled, to + (j + 1) * panel, T{});
    }
  }
}

template <typename T>
void unpack_elements(const PackedView& packed, T* matrix) {
  const T* from = static_cast<const T*>(packed.data);
  for_each_slot(packed.layout, packed.k, 0, packed.panels(), [&](int64_t i, int64_t j) {
    const T value = *from++;
    if (i < packed.n && j < packed.k) matrix[i * packed.k + j] = value;
  });
}

// Calls `run` with a null pointer to an unsigned integer as wide as the dtype: packing moves bits, not numbers.
template <typename Run>
void with_width(DType dtype, Run run) {
  switch (dtype_bytes(dtype)) {
    case 1:
      return run(static_cast<uint8_t*>(nullptr));
    case 2:
      return run(static_cast<uint16_t*>(nullptr));
    case 4:
      return run(static_cast<uint32_t*>(nullptr));
    default:
      return run(static_cast<uint64_t*>(nullptr));
  }
}

}  // namespace

int64_t packed_bytes(const PackLayout& layout, int64_t n, int64_t k) {
  const int64_t parts = std::max(layout.parts, 1);
  return round_up(n, layout.panel) * padded_k(layout, k) * dtype_bytes(layout.dtype) * parts;
}

int64_t packed_index(const PackLayout& layout, int64_t k_total, int64_t n, int64_t k) {
  const int64_t k_padded = padded_k(layout, k_total);
  const int64_t block = layout.block == 0 ? k_padded : layout.block;
  const int64_t block_begin = k / block * block;
  const int64_t in_block = k - block_begin;
  return n / layout.panel * layout.panel * k_padded + block_begin * layout.panel +
         in_block / layout.interleave * layout.panel * layout.interleave + n % layout.panel * layout.interleave +
         in_block % layout.interleave;
}

void pack_panels(const PackLayout& layout, const void* source, int64_t n_stride, int64_t k_stride, int64_t n, int64_t k,
                 int64_t panel_begin, int64_t panel_end, void* packed) {
  with_width(layout.dtype, [&](auto* width) {
    using T = std::remove_pointer_t<decltype(width)>;
    const auto* from = static_cast<const T*>(source);
    auto* to = static_cast<T*>(packed);
    if (layout.interleave == 1) {
      pack_plain(layout, from, n_stride, k_stride, n, k, panel_begin, panel_end, to);
    } else {
      pack_elements(layout, from, n_stride, k_stride, n, k, panel_begin, panel_end, to);
    }
  });
}

void unpack(const PackedView& packed, void* matrix) {
  with_width(packed.layout.dtype, [&](auto* width) {
    unpack_elements(packed, static_cast<std::remove_pointer_t<decltype(width)>*>(matrix));
  });
}

}  // namespace vectral
