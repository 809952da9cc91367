// The vector of one lane, and the contract that every isa/*/vec.h fulfils.
//
//   kLanes            floats in a Vec
//   kTileRows         height of the GEMM tile (rows of A that share one load of W)
//   kPanelVectors     widest GEMM panel, in vectors
//   load, store       n = kLanes elements at any address; from and to float, F16, BF16 (widened exactly, narrowed to
//                     nearest even). load_partial(p, n), store_partial(p, v, n): the first n (0 .. kLanes) only; the
//                     rest is read as zero and never touched in memory
//   mul_add           a * b + c, fused where the ISA has it;  neg_mul_add: c - a * b
//   mul_add_to        acc = a * b + acc, where it stands: for the inner loops of GEMMs
//   min, max          where either is NaN the result is b, or NaN. So min(constant, x) keeps a NaN of x
//   round             nearest even, |x| < 2^22
//   scale_pow2        p * 2^n for integral n in [-250, 250], rounded once, gradual underflow
//   first_lanes       the first n lanes of a, the rest from another Vec
//   reduce_add, _max  over the lanes, in one fixed tree
//   transpose         the square of kLanes Vecs: lane j of Vec i and lane i of Vec j change places
#pragma once

constexpr int kLanes = 1;
constexpr int kTileRows = 4;
constexpr int kPanelVectors = 4;

struct Vec {
  float v;
};
using Mask = bool;

inline Vec zero() { return {0.0f}; }
inline Vec set(float x) { return {x}; }

inline Vec load(const float* p) { return {*p}; }
inline Vec load(const F16* p) { return {widen(*p)}; }
inline Vec load(const BF16* p) { return {widen(*p)}; }
inline void store(float* p, Vec a) { *p = a.v; }
inline void store(F16* p, Vec a) { *p = narrow_f16(a.v); }
inline void store(BF16* p, Vec a) { *p = narrow_bf16(a.v); }

template <typename T>
inline Vec load_partial(const T* p, int64_t n) {
  return n > 0 ? load(p) : zero();
}
template <typename T>
inline void store_partial(T* p, Vec a, int64_t n) {
  if (n > 0) store(p, a);
}

inline Vec operator+(Vec a, Vec b) { return {a.v + b.v}; }
inline Vec operator-(Vec a, Vec b) { return {a.v - b.v}; }
inline Vec operator*(Vec a, Vec b) { return {a.v * b.v}; }
inline Vec operator/(Vec a, Vec b) { return {a.v / b.v}; }
inline Vec mul_add(Vec a, Vec b, Vec c) { return {a.v * b.v + c.v}; }
inline void mul_add_to(Vec a, Vec b, Vec* acc) { *acc = mul_add(a, b, *acc); }
inline Vec neg_mul_add(Vec a, Vec b, Vec c) { return {c.v - a.v * b.v}; }

inline Vec min(Vec a, Vec b) { return {a.v < b.v ? a.v : b.v}; }
inline Vec max(Vec a, Vec b) { return {a.v > b.v ? a.v : b.v}; }
inline Vec abs(Vec a) { return {__builtin_fabsf(a.v)}; }
inline Vec square_root(Vec a) { return {__builtin_sqrtf(a.v)}; }
inline Vec copy_sign(Vec magnitude, Vec sign) { return {__builtin_copysignf(magnitude.v, sign.v)}; }

// Adding 1.5 * 2^23 leaves no bits for a fraction, and the integer in the low bits of the mantissa.
constexpr float kRoundShift = 12582912.0f;
inline Vec round(Vec a) { return {(a.v + kRoundShift) - kRoundShift}; }

// In two factors, since 2^n itself may not be a float where p * 2^n is one.
inline Vec scale_pow2(Vec p, Vec n) {
  const int32_t e = std::bit_cast<int32_t>(n.v + kRoundShift) - std::bit_cast<int32_t>(kRoundShift);
  const int32_t half = e >> 1;
  const float first = std::bit_cast<float>(static_cast<uint32_t>(half + 127) << 23);
  const float second = std::bit_cast<float>(static_cast<uint32_t>(e - half + 127) << 23);
  return {p.v * first * second};
}

inline Mask less(Vec a, Vec b) { return a.v < b.v; }
inline Mask is_nan(Vec a) { return a.v != a.v; }
inline Vec select(Mask mask, Vec yes, Vec no) { return mask ? yes : no; }
inline Vec first_lanes(Vec a, int64_t n, Vec rest) { return n > 0 ? a : rest; }

inline float reduce_add(Vec a) { return a.v; }
inline float reduce_max(Vec a) { return a.v; }

inline void transpose(Vec (&)[1]) {}
