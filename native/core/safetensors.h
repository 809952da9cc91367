// The header of a safetensors file, read as if it came from an enemy: 8 bytes with the header's length, the header
// (JSON), then the data of all tensors without gap or overlap.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dtype.h"
#include "status.h"

namespace vectral {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // as written: "F16"
  std::vector<int64_t> shape;
  int64_t begin = 0;  // bytes from the start of the data section
  int64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;  // in the header's order
  std::vector<std::pair<std::string, std::string>> metadata;
  int64_t data_begin = 0;                         // bytes from the start of the file
  std::unordered_map<std::string, size_t> index;  // name -> place in entries

  // Null where there is none.
  const SafetensorsEntry* find(const std::string& name) const;
};

// Reads and checks everything above. Errors are one sentence that begins with `file` and names the tensor and field.
Status read_safetensors_header(const std::string& file, const uint8_t* bytes, int64_t size, SafetensorsHeader* header);

// The element type of this engine for a safetensors name; false for types that it cannot hold ("F8_E4M3").
bool dtype_from_safetensors(std::string_view name, DType* dtype);

}  // namespace vectral
