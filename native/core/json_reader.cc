#include "json_reader.h"

#include <charconv>

namespace vectral {
namespace {

constexpr int64_t kMaxCount = int64_t{1} << 53;
constexpr size_t kQuotedLimit = 120;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(uint32_t code, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<uint8_t>(text[i++]);
    if (lead < 0x80) continue;
    const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - i < static_cast<size_t>(more)) return false;
    uint32_t code = lead & (0x3F >> more);
    for (int k = 0; k < more; ++k) {
      const auto byte = static_cast<uint8_t>(text[i++]);
      if ((byte & 0xC0) != 0x80) return false;
      code = code << 6 | (byte & 0x3F);
    }
    const bool overlong = (more == 2 && code < 0x800) || (more == 3 && code < 0x10000);
    if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
  }
  return true;
}

std::string quoted(std::string_view text) {
  static const char* const hex = "0123456789abcdef";
  const bool cut = text.size() > kQuotedLimit;
  if (cut) text = text.substr(0, kQuotedLimit);
  // A cut inside a character would make the message itself ill-formed.
  while (cut && !text.empty() && !is_utf8(text)) text.remove_suffix(1);
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (byte < 0x20 || byte == 0x7F) {
      out += std::string("\\x") + hex[byte >> 4] + hex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + (cut ? "…\"" : "\"");
}

bool JsonReader::fail(const std::string& expected) {
  if (failed()) return false;
  error_ = "byte " + std::to_string(at_) + ": expected " + expected + ", found ";
  error_ += at_ < text_.size() ? (is_utf8(text_.substr(at_, 1)) ? quoted(text_.substr(at_, 1)) : "a byte above 0x7f")
                               : "the end of the text";
  return false;
}

void JsonReader::skip_space() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
    ++at_;
  }
}

bool JsonReader::take(char c) {
  if (failed() || at_ >= text_.size() || text_[at_] != c) return false;
  ++at_;
  return true;
}

bool JsonReader::begin_object() {
  skip_space();
  return first_ = take('{') || fail("an object");
}

bool JsonReader::begin_array() {
  skip_space();
  return first_ = take('[') || fail("an array");
}

bool JsonReader::next(char closing) {
  skip_space();
  const bool first = first_;
  first_ = false;
  if (failed() || take(closing)) return false;
  if (!first && !take(',')) return fail(std::string("\",\" or \"") + closing + "\"");
  skip_space();
  return true;
}

bool JsonReader::next_element() { return next(']'); }

bool JsonReader::next_key(std::string* key) {
  if (!next('}') || !read_string(key)) return false;
  skip_space();
  return take(':') || fail("\":\"");
}

bool JsonReader::read_string(std::string* value) {
  skip_space();
  if (!take('"')) return fail("a string");
  value->clear();
  while (at_ < text_.size() && text_[at_] != '"') {
    const char c = text_[at_];
    if (static_cast<uint8_t>(c) < 0x20) return fail("no control character inside a string");
    ++at_;
    if (c != '\\') {
      value->push_back(c);
    } else if (!read_escape(value)) {
      return false;
    }
  }
  if (!take('"')) return fail("the end of a string");
  return is_utf8(*value) || fail("a string of valid UTF-8 before this");
}

bool JsonReader::read_escape(std::string* value) {
  static constexpr std::string_view kLetters = "\"\\/bfnrt";
  static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const size_t letter = at_ < text_.size() ? kLetters.find(text_[at_]) : std::string_view::npos;
  if (letter != std::string_view::npos) {
    ++at_;
    value->push_back(kMeanings[letter]);
    return true;
  }
  if (!take('u')) return fail("an escape sequence");
  uint32_t code = 0;
  if (!read_hex(&code)) return false;
  if (code >= 0xD800 && code < 0xDC00) {
    uint32_t low = 0;
    if (!take('\\') || !take('u')) return fail("the second half of a surrogate pair");
    if (!read_hex(&low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return fail("the second half of a surrogate pair before this");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  } else if (code >= 0xDC00 && code < 0xE000) {
    return fail("the first half of a surrogate pair before this");
  }
  append_utf8(code, value);
  return true;
}

bool JsonReader::read_hex(uint32_t* unit) {
  *unit = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c)) {
      *unit = *unit * 16 + static_cast<uint32_t>(c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      *unit = *unit * 16 + static_cast<uint32_t>(lower - 'a' + 10);
    } else {
      return fail("four hexadecimal digits");
    }
  }
  return true;
}

bool JsonReader::read_count(int64_t* value) {
  static const char* const what = "a whole number from 0 to 2^53";
  skip_space();
  if (failed() || at_ >= text_.size() || !is_digit(text_[at_])) return fail(what);
  const bool leading_zero = text_[at_] == '0';
  const size_t start = at_;
  *value = 0;
  while (at_ < text_.size() && is_digit(text_[at_])) {
    *value = *value * 10 + (text_[at_] - '0');
    if (*value > kMaxCount) return fail(what);
    ++at_;
  }
  const char after = at_ < text_.size() ? text_[at_] : ' ';
  const bool more = after == '.' || after == 'e' || after == 'E';
  return ((!leading_zero || at_ - start == 1) && !more) || fail(what);
}

bool JsonReader::read_number(double* value) {
  skip_space();
  const size_t start = at_;
  const auto digits = [this] {
    const size_t first = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ > first;
  };
  if (failed()) return false;
  take('-');
  const bool leading_zero = at_ < text_.size() && text_[at_] == '0';
  const size_t whole = at_;
  if (!digits() || (leading_zero && at_ - whole > 1)) return fail("a number");
  if (take('.') && !digits()) return fail("a digit");
  if (take('e') || take('E')) {
    if (!take('+')) take('-');
    if (!digits()) return fail("a digit");
  }
  const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + at_, *value);
  return (error == std::errc() && end == text_.data() + at_) || fail("a number that a double can hold before this");
}

bool JsonReader::at_end() {
  skip_space();
  return !failed() && at_ == text_.size();
}

}  // namespace vectral
