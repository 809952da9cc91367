// The one description of how a weight matrix is laid out for a GEMM, shared by every ISA.
//
// A matrix W [n, k] (row n = one output feature, as Hugging Face stores linear weights) is cut into panels of
// `panel` output features. Within a panel, k runs outermost in blocks of `block`, then in groups of `interleave`
// consecutive k values that sit side by side, so that one vector load brings what one instruction consumes:
//
//   element (n, k) -> [n / panel] [k / block] [(k % block) / interleave] [n % panel] [k % interleave]
//
// n is padded to a whole panel and k to a whole interleave group with zeros. `block` == 0 means the whole of k.
// Examples: f32 AVX2 {f32, 16, 1, 0}; f32 AVX-512 {f32, 48, 1, 0}; bf16 {bf16, 48, 2, 0}; int8 {i8, 48, 4, 0}.
#pragma once

#include <cstdint>

#include "dtype.h"

namespace vectral {

// What a GEMM multiplies. The sums are f32, or exact i32 for i8; what comes out is f32. f32_weights is f32 for a W that
// is packed once and used often: an instruction set may then lay it out otherwise.
enum class Arithmetic : uint8_t { f32, bf16, i8, f32_weights };

struct PackLayout {
  DType dtype = DType::f32;
  int32_t panel = 1;
  int32_t interleave = 1;
  int32_t block = 0;
  // Not 0: W is the sum of so many matrices of `dtype`, whose panels stand one after another in each panel.
  int32_t parts = 0;

  bool operator==(const PackLayout&) const = default;
};

// A packed matrix: where it lies, how, and its true size.
struct PackedView {
  const void* data = nullptr;
  PackLayout layout;
  int64_t n = 0;
  int64_t k = 0;

  int64_t panels() const { return (n + layout.panel - 1) / layout.panel; }
};

// By how much the product of two rows grows where both are rotated as the kernel quantize_i8_rows does.
constexpr float kRotationGain = 16;

int64_t packed_bytes(const PackLayout& layout, int64_t n, int64_t k);

// Index of element (n, k) in elements from the start; without parts.
int64_t packed_index(const PackLayout& layout, int64_t k_total, int64_t n, int64_t k);

// Packs panels [panel_begin, panel_end) of W, whose element (n, k) stands at source[n * n_stride + k * k_stride]
// (so a transposed source packs the same way). source and layout have the same dtype. Fills the padding with zeros.
// Of a layout with parts it packs one part of one panel.
void pack_panels(const PackLayout& layout, const void* source, int64_t n_stride, int64_t k_stride, int64_t n, int64_t k,
                 int64_t panel_begin, int64_t panel_end, void* packed);

// The inverse, for tests: writes W row-major [n, k].
void unpack(const PackedView& packed, void* matrix);

}  // namespace vectral
