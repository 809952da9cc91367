// Opens the region in which the compiler may use AMX for bf16 and int8, and AVX-512 F, BW, DQ, VL, VNNI and BF16.
#if defined(__clang__)
#pragma clang attribute push(                                                                                    \
    __attribute__((target("amx-tile,amx-bf16,amx-int8,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16," \
                          "avx2,fma,f16c"))),                                                                    \
    apply_to = function)
#else
// gcc 12 takes the deliberately undefined operands in its own intrinsics for mistakes.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC push_options
#pragma GCC target("amx-tile,amx-bf16,amx-int8,avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,avx2,fma,f16c")
#endif
namespace vectral::amx {
