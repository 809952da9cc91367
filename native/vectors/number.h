// Decimal numbers in text, as Python's float() reads them, without the locale.
#pragma once

namespace vectral {

// Reads a number that begins at `begin`; gives where it ends, or null if none begins there. Rounded to nearest as a
// double, then to float. "nan", "inf" and what float cannot hold come as NaN and infinities.
const char* read_number(const char* begin, const char* end, float* value);

// Most characters that write_number writes.
constexpr int kNumberLength = 32;

// Writes a decimal that read_number, strtof and float() take back for the same float; gives where it ends. Seven digits
// where they do, at most nine; "nan", "inf" and "-inf" where it is none.
char* write_number(float value, char* to);

}  // namespace vectral
