// Decimal numbers in text, as Python's float() reads them, without the locale.
#pragma once

namespace vectral {

// Reads a number that begins at `begin`; gives where it ends, or null if none begins there. Rounded to nearest as a
// double, then to float. "nan", "inf" and what float cannot hold come as NaN and infinities.
const char* read_number(const char* begin, const char* end, float* value);

}  // namespace vectral
