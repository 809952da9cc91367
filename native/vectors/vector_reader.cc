#include "vector_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "../core/json_reader.h"
#include "../core/thread_pool.h"
#include "number.h"

namespace vectral {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors put it before UTF-8
constexpr int64_t kMostDim = 1 << 20;
constexpr size_t kLongestHeader = 100;
constexpr size_t kLongestWord = 1 << 20;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }

std::string_view trim_end(std::string_view text) {
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// "71291 200": two whole numbers and nothing else.
bool read_sizes(std::string_view line, int64_t* rows, int64_t* dim) {
  int64_t* const sizes[] = {rows, dim};
  const char *p = line.data(), *const end = p + line.size();
  for (int64_t* size : sizes) {
    while (p != end && is_space(*p)) ++p;
    const bool negative = p != end && *p == '-';
    if (negative) ++p;
    const char* const digits = p;
    for (*size = 0; p != end && *p >= '0' && *p <= '9'; ++p)
      *size = std::min(*size * 10 + (*p - '0'), INT64_C(1) << 56);
    if (p == digits || (p != end && !is_space(*p))) return false;
    if (negative) *size = -*size;
  }
  while (p != end && is_space(*p)) ++p;
  return p == end;
}

// What a matrix can hold; beyond it is infinity.
float largest_of(DType dtype) {
  if (dtype == DType::f16) return 65504;
  return dtype == DType::bf16 ? 0x1.FEp127f : std::numeric_limits<float>::max();
}

// How many numbers the text is, or -1 if there is anything else in it.
int64_t count_numbers(std::string_view text) {
  int64_t count = 0;
  const char *p = text.data(), *const end = p + text.size();
  for (;;) {
    while (p != end && is_space(*p)) ++p;
    if (p == end) return count;
    float value;
    p = read_number(p, end, &value);
    if (p == nullptr || (p != end && !is_space(*p))) return -1;
    ++count;
  }
}

}  // namespace

void VectorReader::Freer::operator()(void* memory) const { std::free(memory); }

VectorReader::VectorReader(VectorFileFormat format, const KernelTable& kernels)
    : format_(std::move(format)), kernels_(kernels), set_(std::make_shared<VectorSet>()) {}

std::string VectorReader::row_name(int64_t number) const {
  return (format_.binary ? "word " : "line ") + std::to_string(number);
}

int64_t VectorReader::wanted() const {
  const int64_t all = report_.declared >= 0 ? std::min(report_.declared, format_.limit) : format_.limit;
  return all - rows_read_;
}

Status VectorReader::feed(std::string_view bytes, bool last, int threads, bool* done) {
  pending_.append(bytes);
  bool ready = headed_;
  if (!ready) {
    if (Status status = read_header(last, &ready); !status.is_ok()) return status;
  }
  if (ready) {
    const Status status = format_.binary ? read_binary(last) : read_lines(last, threads);
    if (!status.is_ok()) return status;
  }
  ended_ = last || (headed_ && wanted() <= 0);
  *done = ended_;
  return Status::ok();
}

Status VectorReader::read_header(bool last, bool* ready) {
  const size_t newline = pending_.find('\n');
  if (newline == std::string::npos && !last && (!format_.binary || pending_.size() <= kLongestHeader))
    return Status::ok();
  const std::string_view line = trim_end(std::string_view(pending_).substr(0, newline));
  if (!format_.binary && line.starts_with(kByteOrderMark)) {
    pending_.erase(0, kByteOrderMark.size());
    return read_header(last, ready);
  }
  int64_t rows = 0, dim = 0;
  const bool sizes = format_.header != VectorHeader::absent && read_sizes(line, &rows, &dim);
  const bool needed = format_.binary || format_.header == VectorHeader::present;
  if (pending_.empty()) return error("is empty");
  if (needed && !sizes) {
    return error(std::string("does not begin with the line \"<words> <dimensions>\"") +
                 (format_.binary ? "; is it a word2vec binary file?" : "; a GloVe file has none: leave out `header`"));
  }
  headed_ = *ready = true;
  if (!sizes) {
    // GloVe: the first row tells the dimensions.
    const size_t space = line.find(' ');
    const int64_t count = space == std::string_view::npos ? -1 : count_numbers(line.substr(space));
    if (count > 0) return set_dim(count, "line 1");
    return error(
        "line 1 is neither \"<words> <dimensions>\" nor a word and its numbers; is this a text file of vectors?");
  }
  if (rows < 0 || rows > WordTable::kMostWords) return error("the header says " + std::to_string(rows) + " words");
  report_.declared = rows;
  pending_.erase(0, newline == std::string::npos ? pending_.size() : newline + 1);
  lines_read_ = 1;
  const int64_t least = format_.binary ? 4 * dim + 1 : 2 * dim;
  if (dim >= 1 && dim <= kMostDim && format_.file_bytes >= 0 && format_.limit >= rows &&
      rows > format_.file_bytes / least) {
    return error("the header says " + std::to_string(rows) + " words of " + std::to_string(dim) +
                 " dimensions, more than its " + std::to_string(format_.file_bytes) + " bytes can hold");
  }
  return set_dim(dim, "the header");
}

Status VectorReader::set_dim(int64_t dim, const std::string& where) {
  if (dim < 1 || dim > kMostDim) return error(where + " says " + std::to_string(dim) + " dimensions");
  dim_ = dim;
  return Status::ok();
}

// "word " and the floats of its row, for each; a newline may stand before a word.
Status VectorReader::read_binary(bool last) {
  const size_t row_bytes = static_cast<size_t>(dim_) * sizeof(float);
  std::vector<std::string_view> words;
  std::vector<float> rows;
  size_t at = 0;
  for (int64_t left = wanted(); left > 0; --left) {
    size_t begin = at;
    while (begin < pending_.size() && pending_[begin] == '\n') ++begin;
    const size_t space = pending_.find(' ', begin);
    const int64_t number = rows_read_ + static_cast<int64_t>(words.size()) + 1;
    if ((space == std::string::npos ? pending_.size() : space) - begin > kLongestWord) {
      return error(row_name(number) + " is longer than a MiB; the file is damaged, or not a word2vec binary file");
    }
    if (space == std::string::npos || pending_.size() - space - 1 < row_bytes) {
      if (!last) break;
      return error("ends within " + row_name(number) + " of the " + std::to_string(report_.declared) +
                   " that its header says; it was cut short, or has another number of dimensions");
    }
    words.push_back(std::string_view(pending_).substr(begin, space - begin));
    rows.resize(rows.size() + static_cast<size_t>(dim_));
    float* const row = rows.data() + rows.size() - static_cast<size_t>(dim_);
    std::memcpy(row, pending_.data() + space + 1, row_bytes);
    if (!std::all_of(row, row + dim_, [](float x) { return std::isfinite(x); })) {
      return error(row_name(number) + " has a value that is not a finite number");
    }
    at = space + 1 + row_bytes;
  }
  if (Status status = keep_rows(words, rows.data()); !status.is_ok()) return status;
  pending_.erase(0, at);
  return Status::ok();
}

// The word and its numbers. Words with spaces in them (GloVe's 840B file has some) are told by what follows.
Status VectorReader::read_line(std::string_view line, int64_t number, Line* parsed) const {
  const size_t space = line.find(' ');
  parsed->word = line.substr(0, space);
  parsed->values = space == std::string_view::npos ? std::string_view() : line.substr(space);
  if (parsed->word.size() <= kLongestWord) return Status::ok();
  return error(row_name(number) + " has a word of more than a MiB");
}

Status VectorReader::read_values(const Line& line, int64_t number, float* row) const {
  const char *p = line.values.data(), *const end = p + line.values.size();
  int64_t count = 0;
  for (;; ++count) {
    while (p != end && is_space(*p)) ++p;
    if (p == end || count == dim_) break;
    const char* const begin = p;
    p = read_number(p, end, row + count);
    if (p == nullptr || (p != end && !is_space(*p))) {
      const std::string text(begin, std::find_if(begin, std::min(end, begin + 40), is_space));
      return error(row_name(number) + ": " + quoted(text) + " is not a number");
    }
    if (!std::isfinite(row[count])) return error(row_name(number) + " has a value that is not a finite number");
  }
  if (count == dim_ && p == end) return Status::ok();
  const int64_t all = count_numbers(line.values);
  return error(row_name(number) + " has " + (all < 0 ? "not " : std::to_string(all) + " numbers instead of ") +
               std::to_string(dim_) + (all < 0 ? " numbers after its word" : ""));
}

Status VectorReader::read_lines(bool last, int threads) {
  std::vector<Line> lines;
  size_t at = 0;
  for (int64_t left = wanted(); left > 0 && at < pending_.size(); --left) {
    size_t newline = pending_.find('\n', at);
    if (newline == std::string::npos && !last) break;
    if (newline == std::string::npos) newline = pending_.size();
    const std::string_view text = trim_end(std::string_view(pending_).substr(at, newline - at));
    const int64_t number = lines_read_ + static_cast<int64_t>(lines.size()) + 1;
    if (text.empty() && newline + 1 >= pending_.size() && last) {  // a blank line may end the file
      at = pending_.size();
      break;
    }
    lines.emplace_back();
    if (Status status = read_line(text, number, &lines.back()); !status.is_ok()) return status;
    at = std::min(newline + 1, pending_.size());
  }
  const auto count = static_cast<int64_t>(lines.size());
  std::vector<float> rows(static_cast<size_t>(count * dim_));
  // Of several mistakes the first in the file is told, whoever finds it.
  std::vector<Status> statuses(static_cast<size_t>(threads), Status::ok());
  ThreadPool::instance().run(count * dim_ < 10000 ? 1 : threads, [&](int thread, int shares, bool) {
    for (int64_t i = count * thread / shares; i < count * (thread + 1) / shares; ++i) {
      Status& status = statuses[static_cast<size_t>(thread)];
      Line& line = lines[static_cast<size_t>(i)];
      float* const row = rows.data() + i * dim_;
      status = read_values(line, lines_read_ + i + 1, row);
      if (status.is_ok()) continue;
      // A word with spaces: the last `dim` fields are its numbers.
      const std::string_view whole(line.word.data(), line.word.size() + line.values.size());
      size_t cut = whole.size();
      for (int64_t field = 0; field < dim_ && cut != std::string_view::npos && cut > 0; ++field)
        cut = whole.rfind(' ', cut - 1);
      if (cut == std::string_view::npos || cut <= line.word.size() ||
          count_numbers(whole.substr(line.word.size(), cut - line.word.size())) >= 0)
        return;
      const Line spaced{whole.substr(0, cut), whole.substr(cut)};
      if (!read_values(spaced, lines_read_ + i + 1, row).is_ok()) return;
      line = spaced;
      status = Status::ok();
    }
  });
  for (Status& status : statuses) {
    if (!status.is_ok()) return std::move(status);
  }
  std::vector<std::string_view> words;
  for (const Line& line : lines) words.push_back(line.word);
  if (Status status = keep_rows(words, rows.data()); !status.is_ok()) return status;
  lines_read_ += count;
  pending_.erase(0, at);
  return Status::ok();
}

Status VectorReader::keep_rows(const std::vector<std::string_view>& words, const float* rows) {
  if (Status status = reserve(set_->size() + static_cast<int64_t>(words.size())); !status.is_ok()) return status;
  std::string scratch;
  const float largest = largest_of(format_.dtype);
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    const int64_t number = (format_.binary ? rows_read_ : lines_read_) + static_cast<int64_t>(i) + 1;
    const float* const row = rows + static_cast<int64_t>(i) * dim_;
    if (std::any_of(row, row + dim_, [=](float x) { return std::fabs(x) > largest; })) {
      return error(row_name(number) + ": holds a number that " + dtype_name(format_.dtype) +
                   " cannot hold; load it as f32" + (format_.dtype == DType::f16 ? " or bf16" : ""));
    }
    if (format_.latin1) {
      word = decode_latin1(word, &scratch);
    } else if (!decode_utf8(word, format_.undecodable, &scratch, &word)) {
      return error(row_name(number) + ": the word is not valid UTF-8; pass unicodeErrors: 'replace' or 'ignore', or " +
                   "encoding: 'latin1'");
    }
    if (set_->words.size() == WordTable::kMostWords) return error("has more words than can be numbered");
    const int32_t place = set_->words.add(word);
    if (place != WordTable::kNone) {
      store(row, place);
    } else if (report_.duplicates++ == 0) {
      report_.duplicate = word;
    }
  }
  rows_read_ += static_cast<int64_t>(words.size());
  return Status::ok();
}

// Large blocks of the C library grow in place or by moving pages, so no second copy is ever there.
Status VectorReader::reserve(int64_t rows) {
  if (rows <= capacity_) return Status::ok();
  const int64_t room = std::max(rows, capacity_ + capacity_ / 2);
  const auto bytes = static_cast<size_t>(room * dim_ * dtype_bytes(format_.dtype));
  void* const grown = std::realloc(matrix_.get(), std::max<size_t>(bytes, 1));
  if (grown == nullptr) return error("not enough memory for " + std::to_string(room) + " words");
  (void)matrix_.release();
  matrix_.reset(grown);
  capacity_ = room;
  return Status::ok();
}

void VectorReader::store(const float* row, int64_t place) {
  auto* const y = static_cast<uint8_t*>(matrix_.get()) + place * dim_ * dtype_bytes(format_.dtype);
  if (format_.dtype != DType::i8) return kernels_.from_f32(format_.dtype, row, y, dim_);
  float largest = 0;
  for (int64_t c = 0; c < dim_; ++c) largest = std::max(largest, std::fabs(row[c]));
  set_->scales.push_back(largest / 127);
  for (int64_t c = 0; c < dim_; ++c) {
    reinterpret_cast<int8_t*>(y)[c] = static_cast<int8_t>(largest > 0 ? std::lrintf(row[c] / largest * 127) : 0);
  }
}

Status VectorReader::finish(std::shared_ptr<VectorSet>* set) {
  const int64_t wanted_rows = wanted();
  if (report_.declared >= 0 && wanted_rows > 0) {
    return error("the header says " + std::to_string(report_.declared) + " words, the file has " +
                 std::to_string(rows_read_));
  }
  const int64_t rows = set_->size(), bytes = rows * dim_ * dtype_bytes(format_.dtype);
  void* const exact = std::realloc(matrix_.release(), std::max<size_t>(static_cast<size_t>(bytes), 1));
  if (exact == nullptr) return error("not enough memory");
  set_->vectors.dtype = format_.dtype;
  set_->vectors.shape.rank = 2;
  set_->vectors.shape.dims[0] = rows;
  set_->vectors.shape.dims[1] = dim_;
  set_->vectors.storage = Storage::adopt(std::shared_ptr<void>(exact, Freer()), bytes);
  *set = std::move(set_);
  return Status::ok();
}

}  // namespace vectral
