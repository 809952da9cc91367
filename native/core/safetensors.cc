#include "safetensors.h"

#include <algorithm>

#include "json_reader.h"
#include "shape.h"

namespace vectral {
namespace {

constexpr int64_t kMaxHeaderBytes = 100'000'000;
constexpr size_t kMaxTensors = 1'000'000;
constexpr size_t kMaxDimensions = 32;

struct FileType {
  std::string_view name;
  int64_t bytes;
};

constexpr FileType kFileTypes[] = {
    {"F32", 4},  {"F16", 2}, {"BF16", 2},    {"F64", 8},     {"I8", 1},      {"U8", 1},
    {"I16", 2},  {"U16", 2}, {"I32", 4},     {"U32", 4},     {"I64", 8},     {"U64", 8},
    {"BOOL", 1}, {"C64", 8}, {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"F8_E8M0", 1},
};

int64_t file_type_bytes(std::string_view name) {
  for (const FileType& type : kFileTypes) {
    if (type.name == name) return type.bytes;
  }
  return 0;
}

// One pass over the header; the first fault is kept as "field …: what is wrong".
class HeaderReader {
 public:
  HeaderReader(std::string_view json, int64_t data_bytes, SafetensorsHeader* header)
      : json_(json), data_bytes_(data_bytes), header_(header) {}

  bool read() {
    bool has_metadata = false;
    std::string name;
    if (!json_.begin_object()) return false;
    while (json_.next_key(&name)) {
      const bool is_metadata = name == "__metadata__";
      const bool known = is_metadata ? has_metadata : !header_->index.emplace(name, header_->entries.size()).second;
      if (known) return fault("the name " + quoted(name) + " occurs twice");
      if (header_->index.size() > kMaxTensors)
        return fault("has more than " + std::to_string(kMaxTensors) + " tensors");
      has_metadata = has_metadata || is_metadata;
      if (!(is_metadata ? read_metadata() : read_entry(name))) return false;
    }
    if (json_.failed()) return false;
    return json_.at_end() || fault("text follows the closing brace");
  }

  bool check_coverage() {
    std::vector<const SafetensorsEntry*> order;
    for (const SafetensorsEntry& entry : header_->entries) order.push_back(&entry);
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
      return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
    });
    int64_t covered = 0;
    const SafetensorsEntry* previous = nullptr;
    for (const SafetensorsEntry* entry : order) {
      if (entry->begin < covered) {
        return fault("tensor " + quoted(entry->name) + ": data_offsets overlap those of " + quoted(previous->name));
      }
      if (entry->begin > covered) {
        return fault("tensor " + quoted(entry->name) + ": data_offsets leave a hole of " +
                     std::to_string(entry->begin - covered) + " bytes before it");
      }
      covered = entry->end;
      previous = entry;
    }
    return covered == data_bytes_ ||
           fault("the tensors end at byte " + std::to_string(covered) + " of the data, which has " +
                 std::to_string(data_bytes_) + "; the file is cut short or has something appended");
  }

  std::string error() const {
    if (!fault_.empty()) return fault_;
    return (where_.empty() ? std::string() : where_ + ": ") + "header " + json_.error();
  }

 private:
  bool fault(const std::string& message) {
    fault_ = message;
    return false;
  }

  bool read_metadata() {
    where_ = "field \"__metadata__\"";
    std::string key, value;
    if (!json_.begin_object()) return false;
    while (json_.next_key(&key)) {
      for (const auto& [known, _] : header_->metadata) {
        if (known == key) return fault(where_ + ": the key " + quoted(key) + " occurs twice");
      }
      if (!json_.read_string(&value)) return false;
      header_->metadata.emplace_back(key, value);
      if (header_->metadata.size() > kMaxMetadata) return fault(where_ + ": has too many keys");
    }
    const bool done = !json_.failed();
    if (done) where_.clear();
    return done;
  }

  bool read_entry(const std::string& name) {
    const std::string tensor = "tensor " + quoted(name);
    SafetensorsEntry entry;
    entry.name = name;
    bool has_dtype = false, has_shape = false, has_offsets = false;
    std::string key;
    where_ = tensor;
    if (!json_.begin_object()) return false;
    while (json_.next_key(&key)) {
      where_ = tensor + ", field " + quoted(key);
      bool* const seen = key == "dtype"          ? &has_dtype
                         : key == "shape"        ? &has_shape
                         : key == "data_offsets" ? &has_offsets
                                                 : nullptr;
      if (seen == nullptr) return fault(where_ + ": unknown field (dtype, shape and data_offsets are known)");
      if (*seen) return fault(where_ + ": occurs twice");
      *seen = true;
      const bool read = seen == &has_dtype   ? json_.read_string(&entry.dtype)
                        : seen == &has_shape ? read_counts(&entry.shape, kMaxDimensions)
                                             : read_offsets(&entry);
      if (!read) return false;
      where_ = tensor;
    }
    if (json_.failed()) return false;
    const char* missing = !has_dtype ? "dtype" : !has_shape ? "shape" : !has_offsets ? "data_offsets" : nullptr;
    if (missing != nullptr) return fault(tensor + ": has no field \"" + missing + "\"");
    if (!check_entry(tensor, entry)) return false;
    where_.clear();
    header_->entries.push_back(std::move(entry));
    return true;
  }

  bool read_counts(std::vector<int64_t>* counts, size_t limit) {
    if (!json_.begin_array()) return false;
    while (json_.next_element()) {
      if (counts->size() == limit) return fault(where_ + ": has more than " + std::to_string(limit) + " numbers");
      counts->emplace_back();
      if (!json_.read_count(&counts->back())) return false;
    }
    return !json_.failed();
  }

  bool read_offsets(SafetensorsEntry* entry) {
    std::vector<int64_t> offsets;
    if (!read_counts(&offsets, 2)) return false;
    if (offsets.size() != 2) return fault(where_ + ": must be two numbers, begin and end");
    entry->begin = offsets[0];
    entry->end = offsets[1];
    return true;
  }

  bool check_entry(const std::string& tensor, const SafetensorsEntry& entry) {
    const int64_t element = file_type_bytes(entry.dtype);
    if (element == 0) return fault(tensor + ", field \"dtype\": unknown type " + quoted(entry.dtype));
    const int rank = static_cast<int>(entry.shape.size());
    const std::string shape = shape_text(entry.shape.data(), rank);
    int64_t count = 0;
    if (!element_count(entry.shape.data(), rank, &count)) {
      return fault(tensor + ", field \"shape\": " + shape + " has too many elements");
    }
    const std::string offsets = "[" + std::to_string(entry.begin) + ", " + std::to_string(entry.end) + "]";
    if (entry.begin > entry.end)
      return fault(tensor + ", field \"data_offsets\": " + offsets + " end before they begin");
    if (entry.end > data_bytes_) {
      return fault(tensor + ", field \"data_offsets\": " + offsets + " reach past the data section of " +
                   std::to_string(data_bytes_) + " bytes");
    }
    if (entry.end - entry.begin != count * element) {
      return fault(tensor + ", field \"data_offsets\": " + offsets + " hold " +
                   std::to_string(entry.end - entry.begin) + " bytes, but " + entry.dtype + " " + shape + " needs " +
                   std::to_string(count * element));
    }
    return true;
  }

  static constexpr size_t kMaxMetadata = 1000;

  JsonReader json_;
  int64_t data_bytes_;
  SafetensorsHeader* header_;
  std::string where_;
  std::string fault_;
};

}  // namespace

const SafetensorsEntry* SafetensorsHeader::find(const std::string& name) const {
  const auto found = index.find(name);
  return found == index.end() ? nullptr : &entries[found->second];
}

bool dtype_from_safetensors(std::string_view name, DType* dtype) {
  static constexpr std::pair<std::string_view, DType> kKnown[] = {
      {"F32", DType::f32}, {"F16", DType::f16}, {"BF16", DType::bf16}, {"F64", DType::f64},
      {"I8", DType::i8},   {"I32", DType::i32}, {"I64", DType::i64},
  };
  for (const auto& [known, type] : kKnown) {
    if (known != name) continue;
    *dtype = type;
    return true;
  }
  return false;
}

Status read_safetensors_header(const std::string& file, const uint8_t* bytes, int64_t size, SafetensorsHeader* header) {
  const auto fault = [&file](const std::string& message) { return Status::error(file + ": " + message); };
  if (size < 8)
    return fault("is not a safetensors file: " + std::to_string(size) + " bytes cannot hold a header length");
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | bytes[i];
  if (length > static_cast<uint64_t>(kMaxHeaderBytes)) {
    return fault("header length " + std::to_string(length) + " is above the limit of " +
                 std::to_string(kMaxHeaderBytes) + " bytes; this is not a safetensors file");
  }
  if (length > static_cast<uint64_t>(size - 8)) {
    return fault("header length " + std::to_string(length) + " reaches past the end of the file, which has " +
                 std::to_string(size) + " bytes");
  }
  const std::string_view json(reinterpret_cast<const char*>(bytes) + 8, length);
  if (json.empty() || json.front() != '{')
    return fault("header does not begin with \"{\"; this is not a safetensors file");
  *header = {};
  header->data_begin = 8 + static_cast<int64_t>(length);
  HeaderReader reader(json, size - header->data_begin, header);
  if (!reader.read() || !reader.check_coverage()) return fault(reader.error());
  return Status::ok();
}

}  // namespace vectral
