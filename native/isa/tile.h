// The register tile of the GEMMs in assembly, one text for every x86 instruction set. gcc 12 copies up to one register
// a multiply-add in these loops; without the copies, at two groups a turn, an Ice Lake core comes from 55 % of its
// AVX-512 peak to 70 % at 128 rows.
//
// Contract   assembly_tile(TileShape, a, lda, w, groups, out, ldo, next): what gemm_tile of ../kernels/gemm_tile.inl.h
//            computes. A group of A is four bytes in every type.
// Registers  <name>/tile.h, which includes this file, says how many there are: VECTRAL_TILE_ROWS(ROW, ...) calls
//            ROW(row, address of its group in A, registers of its sums, ...); _W0 .. _W2 hold vectors of W, _A a group
//            of A in every lane, _PRODUCT what is to be added.
// Tile       one text for every height and width: the assembler leaves out the rows and vectors that a tile has not.
// Rejected   A as a memory operand of the multiply-add, which saves the broadcasts: half the speed on Ice Lake. 14 rows
//            of two vectors of AVX-512: 5 % slower.
#pragma once

// clang-format off
#define VECTRAL_TILE_ZERO(v, sum) "vxorps " sum ", " sum ", " sum "\n"
#define VECTRAL_TILE_READ(v, sum) "vmovups %c[size] * " #v "(%[at]), " sum "\n"
#define VECTRAL_TILE_WRITE(v, sum) "vmovups " sum ", %c[size] * " #v "(%[out])\n"

// DO(v, sum) for the vectors of a row, then the text NEXT.
#define VECTRAL_TILE_SUMS(row, group, c0, c1, c2, DO, NEXT) \
  ".if %c[rows] > " #row "\n" DO(0, c0)                     \
  ".if %c[vectors] > 1\n" DO(1, c1) ".endif\n"              \
  ".if %c[vectors] > 2\n" DO(2, c2) ".endif\n" NEXT ".endif\n"

// Group s of A in a row, made operands by SPREAD(register), times the vectors of W: MAC(w, a, sum).
#define VECTRAL_TILE_ROW(row, group, c0, c1, c2, s, SPREAD, MAC)              \
  ".if %c[rows] > " #row "\n"                                                 \
  "vpbroadcastd 4 * " #s group ", " VECTRAL_TILE_A "\n"                       \
  SPREAD(VECTRAL_TILE_A) MAC(VECTRAL_TILE_W0, VECTRAL_TILE_A, c0)             \
  ".if %c[vectors] > 1\n" MAC(VECTRAL_TILE_W1, VECTRAL_TILE_A, c1) ".endif\n" \
  ".if %c[vectors] > 2\n" MAC(VECTRAL_TILE_W2, VECTRAL_TILE_A, c2) ".endif\n" \
  ".endif\n"

// One step of group s of a turn. LOAD(register, offset) brings a vector of W.
#define VECTRAL_TILE_PRODUCTS(s, LOAD, SPREAD, MAC)                                                            \
  LOAD(VECTRAL_TILE_W0, "%c[bytes] * " #s)                                                                     \
  ".if %c[vectors] > 1\n" LOAD(VECTRAL_TILE_W1, "%c[bytes] * " #s " + %c[bytes] / %c[vectors]") ".endif\n"     \
  ".if %c[vectors] > 2\n" LOAD(VECTRAL_TILE_W2, "%c[bytes] * " #s " + %c[bytes] / %c[vectors] * 2") ".endif\n" \
  VECTRAL_TILE_ROWS(VECTRAL_TILE_ROW, s, SPREAD, MAC)

#define VECTRAL_TILE_GROUP(STEPS, s)                                             \
  ".if %c[line]\n prefetcht1 64 * " #s "(%[next])\n.endif\n"                     \
  ".if %c[fetch]\n prefetcht0 %c[fetch] * " #s "(%[next])\n.endif\n"             \
  ".if %c[fetch] > 64\n prefetcht0 %c[fetch] * " #s " + 64(%[next])\n.endif\n"   \
  ".if %c[fetch] > 128\n prefetcht0 %c[fetch] * " #s " + 128(%[next])\n.endif\n" \
  STEPS(s)

#define VECTRAL_TILE_WORDS(reg, offset) "vmovups " offset "(%[w]), " reg "\n"
#define VECTRAL_TILE_AS_IS(reg) ""
#define VECTRAL_TILE_FMA(w, a, sum) "vfmadd231ps " w ", " a ", " sum "\n"

// Defines assembly_tile for one pair of types. WIDTH: bytes of W that fill a vector. STEPS(s): the steps of a group;
// what follows are their operands.
#define VECTRAL_ASSEMBLY_TILE(A, W, SUM, WIDTH, STEPS, ...)                                                    \
  template <int kRows, int kVectors, bool kFromOut, Fetch kFetch>                                              \
  __attribute__((noinline)) void assembly_tile(TileShape<kRows, kVectors, kFromOut, kFetch>, const A* a,       \
                                               int64_t lda, const W* w, int64_t groups, SUM* out, int64_t ldo, \
                                               const void* next) {                                             \
    static_assert(kRows <= kTileRows && kVectors <= kPanelVectors);                                            \
    const int64_t step = lda * static_cast<int64_t>(sizeof(A));                                                \
    const SUM* at = out;                                                                                       \
    int64_t turns;                                                                                             \
    __asm__ volatile(                                                                                          \
        ".if %c[from_out]\n" VECTRAL_TILE_ROWS(VECTRAL_TILE_SUMS, VECTRAL_TILE_READ, "add %[ldo], %[at]\n")    \
        ".else\n" VECTRAL_TILE_ROWS(VECTRAL_TILE_SUMS, VECTRAL_TILE_ZERO, "") ".endif\n"                       \
        "mov %[groups], %[turns]\n"                                                                            \
        "shr $1, %[turns]\n"                                                                                   \
        "jz 2f\n"                                                                                              \
        ".p2align 4\n"                                                                                         \
        "1:\n" VECTRAL_TILE_GROUP(STEPS, 0) VECTRAL_TILE_GROUP(STEPS, 1)                                       \
        "add $8, %[a]\n"                                                                                       \
        "add $2 * %c[bytes], %[w]\n"                                                                           \
        ".if %c[line] + %c[fetch]\n add $128 * %c[line] + 2 * %c[fetch], %[next]\n.endif\n"                    \
        "dec %[turns]\n"                                                                                       \
        "jnz 1b\n"                                                                                             \
        "2:\n"                                                                                                 \
        "test $1, %[groups]\n"                                                                                 \
        "jz 3f\n" VECTRAL_TILE_GROUP(STEPS, 0)                                                                 \
        "3:\n" VECTRAL_TILE_ROWS(VECTRAL_TILE_SUMS, VECTRAL_TILE_WRITE, "add %[ldo], %[out]\n")                \
        : [a] "+r"(a), [w] "+r"(w), [out] "+r"(out), [at] "+r"(at), [next] "+r"(next), [turns] "=&r"(turns)    \
        : [groups] "r"(groups), [lda] "r"(step), [lda3] "r"(3 * step), [lda5] "r"(5 * step),                   \
          [lda7] "r"(7 * step), [ldo] "r"(4 * ldo), [rows] "i"(kRows), [vectors] "i"(kVectors),                \
          [size] "i"(4 * kLanes), [bytes] "i"(kVectors * WIDTH), [from_out] "i"(kFromOut ? 1 : 0),             \
          [line] "i"(kFetch == Fetch::lines ? 1 : 0),                                                          \
          [fetch] "i"(kFetch == Fetch::groups ? kVectors * WIDTH : 0) __VA_OPT__(,) __VA_ARGS__                \
        : VECTRAL_TILE_CLOBBERS);                                                                              \
  }
// clang-format on
