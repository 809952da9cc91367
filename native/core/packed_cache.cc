#include "packed_cache.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>

#include "checksum.h"
#include "engine_identity.h"
#include "private_folder.h"
#include "thread_pool.h"

namespace vectral {
namespace {

// Moves with this file's own layout and with any change of what packing or quantising makes of the same weights.
constexpr uint32_t kVersion = 1;
constexpr int64_t kPage = 4096;
constexpr char kMagic[8] = {'V', 'E', 'C', 'T', 'R', 'A', 'L', 'P'};

struct Header {
  char magic[8];
  uint32_t version;
  uint32_t blocks;
  int64_t key_bytes;
  int64_t file_bytes;
  uint64_t head_checksum;  // of header, rows and key, taken with 0 here
};

struct Row {
  int64_t begin;
  int64_t bytes;
  uint64_t checksum;
};

int64_t page_up(int64_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

int64_t head_bytes(size_t blocks, size_t key) {
  return static_cast<int64_t>(sizeof(Header) + blocks * sizeof(Row) + key);
}

// The parts of a matrix as the name and the key write them.
std::string parts_text(const PackingRequest& request, const std::vector<std::shared_ptr<const MappedFile>>& sources) {
  std::string text;
  for (const WeightPart& part : request.parts) {
    const Tensor& weight = part.weight;
    const auto source = std::find(sources.begin(), sources.end(), weight.storage->file()) - sources.begin();
    text += " part " + std::to_string(source) + ':' + std::to_string(weight.storage->offset()) + ':' +
            dtype_name(weight.dtype) + shape_text(weight.shape.dims, weight.shape.rank);
    if (part.scale.has_value()) text += " scale " + std::to_string(part.scale->storage->offset());
  }
  return text;
}

std::string layout_text(const PackingRequest& request) {
  const PackLayout& l = request.layout;
  std::string text = std::string(" layout ") + dtype_name(l.dtype);
  for (const int32_t number : {l.panel, l.interleave, l.block, l.parts}) text += ':' + std::to_string(number);
  for (const PackedSection& section : request.sections) {
    text += std::string(" ") + section.name + ':' + std::to_string(section.begin) + ':' + std::to_string(section.bytes);
  }
  return text;
}

// Header, rows and key as they stand in the file, with the checksum in its place.
std::string head_of(Header header, const std::vector<Row>& rows, const std::string& key) {
  const auto text = [&] {
    std::string head(reinterpret_cast<const char*>(&header), sizeof header);
    head.append(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(Row));
    return head += key;
  };
  header.head_checksum = 0;
  const std::string unsealed = text();
  header.head_checksum = checksum(unsealed.data(), static_cast<int64_t>(unsealed.size()));
  return text();
}

std::string hex(uint64_t value) {
  std::string text(16, '0');
  for (size_t i = 16; i-- > 0; value >>= 4) text[i] = "0123456789abcdef"[value & 15];
  return text;
}

}  // namespace

PackedCache::PackedCache(const PackedCacheOptions& options, const std::vector<PackingRequest>& requests, int threads)
    : options_(options), threads_(threads), blocks_(requests.size(), nullptr) {
  if (options.folder.empty() || engine_identity().empty()) return;
  const auto in_files = [](const PackingRequest& request) {
    return std::all_of(request.parts.begin(), request.parts.end(), [](const WeightPart& part) {
      const auto& file = part.weight.storage->file();
      // a scale is looked for in the file of its weight
      return file != nullptr && (!part.scale.has_value() || part.scale->storage->file() == file);
    });
  };
  int64_t bytes = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!in_files(requests[i])) continue;
    wanted_.push_back({i, requests[i].bytes()});
    bytes += requests[i].bytes();
    for (const WeightPart& part : requests[i].parts) {
      const auto& file = part.weight.storage->file();
      if (std::find(sources_.begin(), sources_.end(), file) == sources_.end()) sources_.push_back(file);
    }
  }
  if (bytes < options.least_bytes) return;

  // The name says which program this is, and the key in which state: a program that changes replaces its own file.
  std::string which = requests[wanted_.front().request].isa.name;
  key_ = "vectral packed weights " + std::to_string(kVersion) + "\nengine " + engine_identity() + "\nisa " + which;
  for (const auto& source : sources_) {
    const std::string path = absolute_path(source->path());
    which += "\nfile " + path;
    key_ += "\nfile " + source->identity().text() + ' ' + path;
  }
  for (const Wanted& wanted : wanted_) {
    const PackingRequest& request = requests[wanted.request];
    const std::string parts =
        std::string("\nmatrix ") + dtype_name(request.layout.dtype) + parts_text(request, sources_);
    which += parts;
    key_ += parts + layout_text(request);
  }
  name_ = hex(checksum(which.data(), static_cast<int64_t>(which.size()))) + ".packed";
}

SavedBlock PackedCache::find(size_t index) {
  if (!looked_ && !name_.empty()) load();
  looked_ = true;
  return {blocks_[index] == nullptr ? nullptr : file_, blocks_[index]};
}

void PackedCache::load() {
  const PrivateFolder folder(options_.folder, false);
  if (!folder.is_open()) return;
  const int descriptor = folder.open_file(name_);
  if (descriptor < 0) return;
  std::shared_ptr<const MappedFile> file;
  if (!MappedFile::of_descriptor(descriptor, options_.folder + '/' + name_, true, &file).is_ok()) return;

  const int64_t head = head_bytes(wanted_.size(), key_.size());
  if (file->size() < head) return;
  Header header;
  std::memcpy(&header, file->data(), sizeof header);
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.version != kVersion ||
      header.blocks != wanted_.size() || header.key_bytes != static_cast<int64_t>(key_.size()) ||
      header.file_bytes != file->size()) {
    return;
  }
  std::vector<Row> rows(wanted_.size());
  std::memcpy(rows.data(), file->data() + sizeof header, rows.size() * sizeof(Row));
  // The key is ours, so a file with another key differs here as well.
  if (std::memcmp(file->data(), head_of(header, rows, key_).data(), static_cast<size_t>(head)) != 0) return;

  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    const bool inside = row.begin >= head && row.begin % kPage == 0 && row.bytes == wanted_[i].bytes &&
                        row.begin <= file->size() - row.bytes;
    if (!inside) return;
  }
  file->populate();
  std::atomic<size_t> next{0};
  std::atomic<bool> whole{true};
  ThreadPool::instance().run(std::clamp<int>(threads_, 1, static_cast<int>(rows.size())), [&](int, int, bool) {
    for (size_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < rows.size();) {
      if (checksum(file->data() + rows[i].begin, rows[i].bytes) != rows[i].checksum) whole = false;
    }
  });
  if (!whole) return;
  for (size_t i = 0; i < rows.size(); ++i) blocks_[wanted_[i].request] = file->data() + rows[i].begin;
  file_ = std::move(file);
}

bool PackedCache::settled() const {
  const int64_t now =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return std::all_of(sources_.begin(), sources_.end(), [&](const auto& source) {
    return source->unchanged() && source->identity().changed <= now - options_.settled_after;
  });
}

void PackedCache::save(const std::vector<std::shared_ptr<const PackedWeights>>& packed) {
  // Matrices that the process has already were saved by whoever packed them, or could not be.
  if (name_.empty() || !looked_ || file_ != nullptr || !settled()) return;
  const PrivateFolder folder(options_.folder, true);
  if (!folder.is_open()) return;

  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.version = kVersion;
  header.blocks = static_cast<uint32_t>(wanted_.size());
  header.key_bytes = static_cast<int64_t>(key_.size());
  std::vector<Row> rows;
  int64_t end = head_bytes(wanted_.size(), key_.size());
  for (const Wanted& wanted : wanted_) {
    const PackedWeights& weights = *packed[wanted.request];
    rows.push_back({page_up(end), weights.bytes(), checksum(weights.data(), weights.bytes())});
    end = rows.back().begin + weights.bytes();
  }
  header.file_bytes = end;
  const std::string head = head_of(header, rows, key_);

  folder.replace_file(name_, [&](const PrivateFolder::Append& append) {
    const std::vector<char> zeros(kPage, 0);
    int64_t written = static_cast<int64_t>(head.size());
    if (!append(head.data(), written)) return false;
    for (size_t i = 0; i < rows.size(); ++i) {
      if (!append(zeros.data(), rows[i].begin - written)) return false;
      if (!append(packed[wanted_[i].request]->data(), rows[i].bytes)) return false;
      written = rows[i].begin + rows[i].bytes;
    }
    return true;
  });
}

}  // namespace vectral
