// A strict reader of JSON text for headers of weight files: the caller asks for what must come next, and the first
// thing that is not so stops the reading. Nesting is therefore never deeper than the caller's own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vectral {

class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  // Each returns false on failure, after which error() says what was found at which byte, and every call fails.
  bool begin_object();
  bool begin_array();
  bool read_string(std::string* value);
  // A whole number from 0 to 2^53: no sign, fraction or exponent.
  bool read_count(int64_t* value);

  // Any number, to the nearest double.
  bool read_number(double* value);

  // Inside an object: reads `"key":`. Inside an array: steps to an element. False at the closing bracket, or on
  // failure.
  bool next_key(std::string* key);
  bool next_element();

  // Nothing but white space is left.
  bool at_end();

  // Bytes read so far.
  size_t position() const { return at_; }

  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }

 private:
  bool fail(const std::string& expected);
  void skip_space();
  bool take(char c);
  bool next(char closing);
  bool read_escape(std::string* value);
  bool read_hex(uint32_t* unit);

  std::string_view text_;
  size_t at_ = 0;
  bool first_ = false;  // just inside an opening bracket: no comma is due
  std::string error_;
};

// Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

// The text in double quotes for an error message: control characters escaped, long text cut.
std::string quoted(std::string_view text);

}  // namespace vectral
