// The register tile of the GEMMs in assembly. gcc 12 copies up to one register a multiply-add in these loops; without
// the copies, at two groups a turn, an Ice Lake core comes from 55 % of its peak to 70 % at 128 rows.
//
// Contract   assembly_tile(TileShape, a, lda, w, groups, out, ldo, next): what gemm_tile of
//            ../../kernels/gemm_tile.inl.h computes. A group of A is four bytes in every type.
// Registers  zmm0 .. zmm23 sums (row r, vector v: 3 r + v), zmm24 .. zmm26 a group of W, zmm27 one of A in every lane.
// Tile       one text for every height and width: the assembler leaves out the rows and vectors that a tile has not.
// Rejected   A as a memory operand of the multiply-add, which saves the broadcasts: half the speed on Ice Lake. 14 rows
//            of two vectors: 5 % slower.
#pragma once

#if defined(__GNUC__)

// clang-format off
// DO(v, sum) for the vectors of row r, whose sums are in zmm c0, c1, c2; then the text NEXT.
#define VECTRAL_TILE_ROW_SUMS(DO, NEXT, r, c0, c1, c2) \
  ".if %c[rows] > " #r "\n"                            \
  DO(0, c0)                                            \
  ".if %c[vectors] > 1\n" DO(1, c1) ".endif\n"         \
  ".if %c[vectors] > 2\n" DO(2, c2) ".endif\n"         \
  NEXT ".endif\n"

#define VECTRAL_TILE_SUMS(DO, NEXT)             \
  VECTRAL_TILE_ROW_SUMS(DO, NEXT, 0, 0, 1, 2)    \
  VECTRAL_TILE_ROW_SUMS(DO, NEXT, 1, 3, 4, 5)    \
  VECTRAL_TILE_ROW_SUMS(DO, NEXT, 2, 6, 7, 8)    \
  VECTRAL_TILE_ROW_SUMS(DO, NEXT, 3, 9, 10, 11)  \
  VECTRAL_TILE_ROW_SUMS(DO, NEXT, 4, 12, 13, 14) \
  VECTRAL_TILE_ROW_SUMS(DO, NEXT, 5, 15, 16, 17) \
  VECTRAL_TILE_ROW_SUMS(DO, NEXT, 6, 18, 19, 20) \
  VECTRAL_TILE_ROW_SUMS(DO, NEXT, 7, 21, 22, 23)

#define VECTRAL_TILE_ZERO(v, sum) "vpxord %%zmm" #sum ", %%zmm" #sum ", %%zmm" #sum "\n"
#define VECTRAL_TILE_READ(v, sum) "vmovups 64 * " #v "(%[at]), %%zmm" #sum "\n"
#define VECTRAL_TILE_WRITE(v, sum) "vmovups %%zmm" #sum ", 64 * " #v "(%[out])\n"

// One group of A, at the address GROUP, times the group of W.
#define VECTRAL_TILE_ROW(MAC, r, GROUP, c0, c1, c2)                            \
  ".if %c[rows] > " #r "\n"                                                    \
  "vpbroadcastd " GROUP ", %%zmm27\n"                                          \
  MAC " %%zmm24, %%zmm27, %%zmm" #c0 "\n"                                      \
  ".if %c[vectors] > 1\n" MAC " %%zmm25, %%zmm27, %%zmm" #c1 "\n.endif\n"      \
  ".if %c[vectors] > 2\n" MAC " %%zmm26, %%zmm27, %%zmm" #c2 "\n.endif\n"      \
  ".endif\n"

// Group s of a turn. LOAD(register, offset) brings a vector of W.
#define VECTRAL_TILE_STEP(LOAD, MAC, s)                                                                   \
  ".if %c[line]\n prefetcht1 64 * " #s "(%[next])\n.endif\n"                                              \
  ".if %c[fetch]\n prefetcht0 %c[fetch] * " #s "(%[next])\n.endif\n"                                      \
  ".if %c[fetch] > 64\n prefetcht0 %c[fetch] * " #s " + 64(%[next])\n.endif\n"                            \
  ".if %c[fetch] > 128\n prefetcht0 %c[fetch] * " #s " + 128(%[next])\n.endif\n"                          \
  LOAD(24, "%c[bytes] * " #s)                                                                             \
  ".if %c[vectors] > 1\n" LOAD(25, "%c[bytes] * " #s " + %c[bytes] / %c[vectors]") ".endif\n"             \
  ".if %c[vectors] > 2\n" LOAD(26, "%c[bytes] * " #s " + %c[bytes] / %c[vectors] * 2") ".endif\n"         \
  VECTRAL_TILE_ROW(MAC, 0, "4 * " #s "(%[a])", 0, 1, 2)                                                   \
  VECTRAL_TILE_ROW(MAC, 1, "4 * " #s "(%[a], %[lda])", 3, 4, 5)                                           \
  VECTRAL_TILE_ROW(MAC, 2, "4 * " #s "(%[a], %[lda], 2)", 6, 7, 8)                                        \
  VECTRAL_TILE_ROW(MAC, 3, "4 * " #s "(%[a], %[lda3])", 9, 10, 11)                                        \
  VECTRAL_TILE_ROW(MAC, 4, "4 * " #s "(%[a], %[lda], 4)", 12, 13, 14)                                     \
  VECTRAL_TILE_ROW(MAC, 5, "4 * " #s "(%[a], %[lda5])", 15, 16, 17)                                       \
  VECTRAL_TILE_ROW(MAC, 6, "4 * " #s "(%[a], %[lda3], 2)", 18, 19, 20)                                    \
  VECTRAL_TILE_ROW(MAC, 7, "4 * " #s "(%[a], %[lda7])", 21, 22, 23)

#define VECTRAL_TILE_WORDS(reg, offset) "vmovups " offset "(%[w]), %%zmm" #reg "\n"
#define VECTRAL_TILE_F16(reg, offset) "vcvtph2ps " offset "(%[w]), %%zmm" #reg "\n"
#define VECTRAL_TILE_BF16(reg, offset)                 \
  "vpmovzxwd " offset "(%[w]), %%zmm" #reg "\n"        \
  "vpslld $16, %%zmm" #reg ", %%zmm" #reg "\n"

#define VECTRAL_TILE_CLOBBERS                                                                                  \
  "memory", "cc", "zmm0", "zmm1", "zmm2", "zmm3", "zmm4", "zmm5", "zmm6", "zmm7", "zmm8", "zmm9", "zmm10",     \
  "zmm11", "zmm12", "zmm13", "zmm14", "zmm15", "zmm16", "zmm17", "zmm18", "zmm19", "zmm20", "zmm21", "zmm22",  \
  "zmm23", "zmm24", "zmm25", "zmm26", "zmm27"

// Defines assembly_tile for one pair of types. WIDTH: bytes of W that fill a vector.
#define VECTRAL_ASSEMBLY_TILE(A, W, SUM, WIDTH, LOAD, MAC)                                                     \
  template <int kRows, int kVectors, bool kFromOut, Fetch kFetch>                                              \
  __attribute__((noinline)) void assembly_tile(TileShape<kRows, kVectors, kFromOut, kFetch>, const A* a,       \
                                               int64_t lda, const W* w, int64_t groups, SUM* out, int64_t ldo, \
                                               const void* next) {                                             \
    static_assert(kRows <= 8 && kVectors <= 3);                                                                \
    const int64_t step = lda * static_cast<int64_t>(sizeof(A));                                                \
    const SUM* at = out;                                                                                       \
    int64_t turns;                                                                                             \
    __asm__ volatile(                                                                                          \
        ".if %c[from_out]\n" VECTRAL_TILE_SUMS(VECTRAL_TILE_READ, "add %[ldo], %[at]\n")                       \
        ".else\n" VECTRAL_TILE_SUMS(VECTRAL_TILE_ZERO, "") ".endif\n"                                          \
        "mov %[groups], %[turns]\n"                                                                            \
        "shr $1, %[turns]\n"                                                                                   \
        "jz 2f\n"                                                                                              \
        ".p2align 4\n"                                                                                         \
        "1:\n" VECTRAL_TILE_STEP(LOAD, MAC, 0) VECTRAL_TILE_STEP(LOAD, MAC, 1)                                 \
        "add $8, %[a]\n"                                                                                       \
        "add $2 * %c[bytes], %[w]\n"                                                                           \
        ".if %c[line] + %c[fetch]\n add $128 * %c[line] + 2 * %c[fetch], %[next]\n.endif\n"                    \
        "dec %[turns]\n"                                                                                       \
        "jnz 1b\n"                                                                                             \
        "2:\n"                                                                                                 \
        "test $1, %[groups]\n"                                                                                 \
        "jz 3f\n" VECTRAL_TILE_STEP(LOAD, MAC, 0)                                                              \
        "3:\n" VECTRAL_TILE_SUMS(VECTRAL_TILE_WRITE, "add %[ldo], %[out]\n")                                   \
        : [a] "+r"(a), [w] "+r"(w), [out] "+r"(out), [at] "+r"(at), [next] "+r"(next), [turns] "=&r"(turns)    \
        : [groups] "r"(groups), [lda] "r"(step), [lda3] "r"(3 * step), [lda5] "r"(5 * step),                   \
          [lda7] "r"(7 * step), [ldo] "r"(4 * ldo), [rows] "i"(kRows), [vectors] "i"(kVectors),                \
          [bytes] "i"(kVectors * WIDTH), [from_out] "i"(kFromOut ? 1 : 0),                                     \
          [line] "i"(kFetch == Fetch::lines ? 1 : 0),                                                          \
          [fetch] "i"(kFetch == Fetch::groups ? kVectors * WIDTH : 0)                                          \
        : VECTRAL_TILE_CLOBBERS);                                                                              \
  }
// clang-format on

#endif
