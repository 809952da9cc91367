#include "number.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

namespace vectral {
namespace {

constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr int kMostPower = 22;                          // the powers of ten that a double holds exactly
constexpr uint64_t kExactIntegers = uint64_t{1} << 53;  // below it so are the integers

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool begins_with(const char* p, const char* end, const char* word) {
  for (; *word != '\0'; ++p, ++word) {
    if (p == end || (*p | 0x20) != *word) return false;
  }
  return true;
}

}  // namespace

const char* read_number(const char* begin, const char* end, float* value) {
  const char* p = begin;
  const bool negative = p != end && *p == '-';
  if (p != end && (*p == '-' || *p == '+')) ++p;
  if (begins_with(p, end, "nan")) return *value = std::numeric_limits<float>::quiet_NaN(), p + 3;
  if (begins_with(p, end, "inf")) {
    *value = negative ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::infinity();
    return p + (begins_with(p, end, "infinity") ? 8 : 3);
  }
  uint64_t digits = 0;
  int64_t exponent = 0;
  bool any = false, exact = true;
  const auto take = [&](char c, int step) {
    any = true;
    if (digits < kExactIntegers / 10) {
      digits = digits * 10 + static_cast<uint64_t>(c - '0');
      exponent -= step;
    } else {
      exact = false;  // more digits than a double has: left to strtod
    }
  };
  for (; p != end && is_digit(*p); ++p) take(*p, 0);
  if (p != end && *p == '.') {
    for (++p; p != end && is_digit(*p); ++p) take(*p, 1);
  }
  if (!any) return nullptr;
  if (p != end && (*p | 0x20) == 'e') {
    const char* q = p + 1;
    const bool down = q != end && *q == '-';
    if (q != end && (*q == '-' || *q == '+')) ++q;
    if (q != end && is_digit(*q)) {
      int64_t written = 0;
      for (; q != end && is_digit(*q); ++q) written = written < 100000 ? written * 10 + (*q - '0') : written;
      exponent += down ? -written : written;
      p = q;
    }
  }
  double number;
  if (exact && exponent >= -kMostPower && exponent <= kMostPower) {
    // One rounding of an exact quotient or product.
    const double whole = static_cast<double>(digits);
    number = exponent < 0 ? whole / kPowers[-exponent] : whole * kPowers[exponent];
    if (negative) number = -number;
  } else {
    number = std::strtod(std::string(begin, p).c_str(), nullptr);
  }
  *value = static_cast<float>(number);
  return p;
}

namespace {

// value / 10^places, without zeros at the end.
char* write_decimal(uint64_t value, int places, char* to) {
  for (; places > 0 && value % 10 == 0; --places) value /= 10;
  char digits[kNumberLength];
  int count = 0;
  for (; value > 0 || count <= places; value /= 10) digits[count++] = static_cast<char>('0' + value % 10);
  while (count > 0) {
    *to++ = digits[--count];
    if (count == places && places > 0) *to++ = '.';
  }
  return to;
}

}  // namespace

char* write_number(float value, char* to) {
  if (value != value) return std::copy_n("nan", 3, to);
  if (std::signbit(value)) *to++ = '-';
  const double size = std::abs(static_cast<double>(value));
  if (size > std::numeric_limits<float>::max()) return std::copy_n("inf", 3, to);
  if (size == 0) return std::copy_n("0", 1, to);
  // An integer over a power of ten that a double holds exactly: several times faster than printf.
  if (size >= 1e-12 && size < 1e6) {
    int places = 0;
    while (size * kPowers[places] < 1e6) ++places;
    for (int digits = 7; digits <= 9; ++digits, ++places) {
      const auto integer = static_cast<uint64_t>(size * kPowers[places] + 0.5);
      if (static_cast<float>(static_cast<double>(integer) / kPowers[places]) == static_cast<float>(size)) {
        return write_decimal(integer, places, to);
      }
    }
  }
  int length = 0;
  for (int digits = 7; digits <= 9; ++digits) {
    length = std::snprintf(to, kNumberLength - 1, "%.*g", digits, size);
    if (std::strtof(to, nullptr) == static_cast<float>(size)) break;
  }
  std::replace(to, to + length, ',', '.');  // the locale's
  return to + length;
}

}  // namespace vectral
