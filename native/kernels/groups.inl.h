// Calls a kernel with a number that the compiler knows, so that what it counts stays in registers.
//
// Formula    take.operator()<kMost>(first) for each whole group of kMost among n, then one call for the rest, if any.

template <int kCount, typename Take>
inline void take_rest(int64_t first, int64_t n, const Take& take) {
  if (n == kCount) return take.template operator()<kCount>(first);
  if constexpr (kCount > 1) take_rest<kCount - 1>(first, n, take);
}

template <int kMost, typename Take>
inline void take_groups(int64_t n, const Take& take) {
  int64_t first = 0;
  for (; first + kMost <= n; first += kMost) take.template operator()<kMost>(first);
  take_rest<kMost - 1>(first, n - first, take);
}
