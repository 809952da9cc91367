// The words of a file as UTF-8, and what becomes of bytes that are none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vectral {

// As Python's error handlers: refuse, leave out, or put U+FFFD for each longest piece that could have begun a
// character.
enum class Undecodable : uint8_t { strict, ignore, replace };

// False for a word that is not UTF-8 under `strict`. `decoded` is `word` itself, or lies in `scratch`.
bool decode_utf8(std::string_view word, Undecodable policy, std::string* scratch, std::string_view* decoded);

// Every byte is the character of its number.
std::string_view decode_latin1(std::string_view word, std::string* scratch);

}  // namespace vectral
