#include "packed_weights.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

#include "half.h"
#include "thread_pool.h"

#ifdef __linux__
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace vectral {
namespace {

// Those who want the same matrix at the same time queue at its entry, so that it is packed once.
struct Entry {
  std::mutex mutex;
  std::weak_ptr<const PackedWeights> packed;
};

// Leaked on purpose: a worker may still release a matrix while the process runs its static destructors.
struct Registry {
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<Entry>> entries;
};

Registry& registry() {
  static Registry& instance = *new Registry;
  return instance;
}

DType packed_dtype(const std::vector<Tensor>& parts, Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::bf16) return DType::bf16;
  if (arithmetic == Arithmetic::i8) return DType::i8;
  const DType first = parts.front().dtype;
  const bool same = std::all_of(parts.begin(), parts.end(), [&](const Tensor& t) { return t.dtype == first; });
  return same ? first : DType::f32;
}

// Has the system bring in whole pages of new memory in one call: a fault for each takes longer than packing.
void bring_in(uint8_t* memory, int64_t bytes) {
#ifdef MADV_POPULATE_WRITE
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const uintptr_t first = (reinterpret_cast<uintptr_t>(memory) + page - 1) / page * page;
  const uintptr_t last = (reinterpret_cast<uintptr_t>(memory) + static_cast<uintptr_t>(bytes)) / page * page;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_POPULATE_WRITE);
#else
  static_cast<void>(memory);
  static_cast<void>(bytes);
#endif
}

// The bytes of a packed block, in the order they lie in it.
std::vector<PackedSection> sections_of(const PackLayout& layout, int64_t n, int64_t k) {
  std::vector<PackedSection> sections;
  int64_t end = 0;
  const auto add = [&](const char* name, int64_t bytes) {
    sections.push_back({name, align_up(end), bytes});
    end = align_up(end) + bytes;
  };
  add("panels", packed_bytes(layout, n, k));
  if (layout.dtype == DType::i8) {
    add("column_scale", n * static_cast<int64_t>(sizeof(float)));
    add("column_sum", n * static_cast<int64_t>(sizeof(int32_t)));
  }
  return sections;
}

std::string key_of(const PackingRequest& request) {
  std::string key = request.isa.name;
  const auto add = [&key](auto number) { key += '/' + std::to_string(number); };
  add(static_cast<int>(request.layout.dtype));
  add(request.layout.panel);
  add(request.layout.interleave);
  add(request.layout.block);
  add(request.layout.parts);
  for (const Tensor& part : request.parts) {
    add(part.storage->source());
    add(part.storage->offset());
    add(static_cast<int>(part.dtype));
    add(part.shape.dims[0]);
    add(part.shape.dims[1]);
  }
  return key;
}

Status check_parts(const std::vector<Tensor>& parts) {
  if (parts.empty()) return Status::error("linear: needs at least one weight");
  const int64_t k = parts.front().shape.dims[1];
  for (const Tensor& part : parts) {
    const std::string shape = shape_text(part.shape.dims, part.shape.rank);
    if (part.shape.rank != 2) return Status::error("linear: weight must be [out, in], got " + shape);
    if (part.shape.dims[1] != k) {
      return Status::error("linear: stacked weights must have equal widths, got " + shape + " beside " +
                           std::to_string(k) + " columns");
    }
    if (part.dtype != DType::f32 && part.dtype != DType::f16 && part.dtype != DType::bf16) {
      return Status::error(std::string("linear: weight must be f32, f16 or bf16, got ") + dtype_name(part.dtype));
    }
  }
  return Status::ok();
}

// Rows [first, first + count) of the stacked parts, in pieces that lie in one part.
template <typename Visit>
void for_each_part(const std::vector<Tensor>& parts, int64_t first, int64_t count, Visit visit) {
  for (const Tensor& part : parts) {
    const int64_t rows = part.shape.dims[0];
    const int64_t begin = std::max<int64_t>(first, 0), end = std::min(first + count, rows);
    if (begin < end) {
      const int64_t k = part.shape.dims[1];
      const auto* source = static_cast<const uint8_t*>(part.storage->data()) + begin * k * dtype_bytes(part.dtype);
      visit(part.dtype, source, begin - first, end - begin);
    }
    first -= rows;
  }
}

// Makes panels of one request, in memory of one thread.
class PanelPacker {
 public:
  PanelPacker(const PackingRequest& request, uint8_t* block)
      : request_(request),
        block_(block),
        rows_(request.layout.panel * request.k * dtype_bytes(request.layout.dtype)),
        wide_(request.layout.panel * request.k * dtype_bytes(DType::f32)) {}

  bool short_of_memory() const { return rows_.data() == nullptr || wide_.data() == nullptr; }

  void pack(int64_t panel) {
    const PackLayout& layout = request_.layout;
    const int64_t k = request_.k, first = panel * layout.panel;
    const int64_t height = std::min<int64_t>(layout.panel, request_.n - first);
    uint8_t* const to = block_ + panel * packed_bytes(layout, layout.panel, k);
    if (layout.parts > 0) return pack_parts(first, height, to);
    const void* const rows = layout.dtype == DType::i8 ? quantize(first, height) : gather(first, height);
    request_.isa.pack_panel(layout, rows, k * dtype_bytes(layout.dtype), height, k, to);
  }

 private:
  void widen_rows(int64_t first, int64_t count) {
    const int64_t k = request_.k;
    auto* const wide = static_cast<float*>(wide_.data());
    for_each_part(request_.parts, first, count, [&](DType from, const uint8_t* source, int64_t at, int64_t height) {
      request_.isa.to_f32(from, source, wide + at * k, height * k);
    });
  }

  // Each part takes what bf16 holds of what the parts before it left.
  void pack_parts(int64_t first, int64_t count, uint8_t* to) {
    const PackLayout& layout = request_.layout;
    const int64_t k = request_.k, part_bytes = packed_bytes(layout, layout.panel, k) / layout.parts;
    widen_rows(first, count);
    auto* const part = static_cast<BF16*>(rows_.data());
    auto* const rest = static_cast<float*>(wide_.data());
    for (int32_t p = 0; p < layout.parts; ++p, to += part_bytes) {
      for (int64_t i = 0; i < count * k; ++i) {
        part[i] = narrow_bf16(rest[i]);
        rest[i] -= widen(part[i]);
      }
      request_.isa.pack_panel(layout, part, k * dtype_bytes(layout.dtype), count, k, to);
    }
  }

  // Rows [first, first + count) in the type of the packed matrix: in place where they are so already.
  const void* gather(int64_t first, int64_t count) {
    const DType dtype = request_.layout.dtype;
    const int64_t row = request_.k * dtype_bytes(dtype);
    const void* in_place = nullptr;
    for_each_part(request_.parts, first, count, [&](DType from, const uint8_t* source, int64_t at, int64_t height) {
      auto* const to = static_cast<uint8_t*>(rows_.data()) + at * row;
      if (from != dtype) {
        const int64_t elements = height * request_.k;
        float* const wide = dtype == DType::f32 ? reinterpret_cast<float*>(to) : static_cast<float*>(wide_.data());
        request_.isa.to_f32(from, source, wide, elements);
        if (dtype != DType::f32) request_.isa.from_f32(dtype, wide, to, elements);
      } else if (height == count) {
        in_place = source;
      } else {
        std::memcpy(to, source, static_cast<size_t>(height * row));
      }
    });
    return in_place != nullptr ? in_place : rows_.data();
  }

  const void* quantize(int64_t first, int64_t count) {
    const int64_t k = request_.k, padded = (k + 3) / 4 * 4;
    widen_rows(first, count);
    const auto* const wide = static_cast<const float*>(wide_.data());
    auto* const scale = reinterpret_cast<float*>(block_ + request_.sections[1].begin) + first;
    auto* const sums = reinterpret_cast<int32_t*>(block_ + request_.sections[2].begin) + first;
    quantized_.resize(static_cast<size_t>(padded));
    rotated_.resize(static_cast<size_t>(k));
    for (int64_t r = 0; r < count; ++r) {
      request_.isa.quantize_i8_rows(wide + r * k, k, 1, k, rotated_.data(), quantized_.data(), padded, scale + r);
      scale[r] /= kRotationGain;  // x is rotated too
      auto* const out = static_cast<int8_t*>(rows_.data()) + r * k;
      int32_t sum = 0;
      for (int64_t i = 0; i < k; ++i) {
        out[i] = static_cast<int8_t>(quantized_[static_cast<size_t>(i)] - 128);
        sum += out[i];
      }
      sums[r] = sum;
    }
    return rows_.data();
  }

  const PackingRequest& request_;
  uint8_t* const block_;
  const AlignedMemory rows_, wide_;  // a panel of rows in the packed type, and in f32
  std::vector<uint8_t> quantized_;
  std::vector<float> rotated_;
};

}  // namespace

Status PackingRequest::make(std::vector<Tensor> parts, Arithmetic arithmetic, const PackingIsa& isa,
                            PackingRequest* request) {
  if (Status status = check_parts(parts); !status.is_ok()) return status;
  request->n = 0;
  for (const Tensor& part : parts) request->n += part.shape.dims[0];
  request->k = parts.front().shape.dims[1];
  request->isa = isa;
  request->layout = isa.gemm_layout(arithmetic, packed_dtype(parts, arithmetic), request->n);
  request->sections = sections_of(request->layout, request->n, request->k);
  request->parts = std::move(parts);
  return Status::ok();
}

Status PackedWeights::of(const PackingRequest& request, int threads, const std::function<SavedBlock()>& saved,
                         std::shared_ptr<const PackedWeights>* packed) {
  const std::string key = key_of(request);
  std::shared_ptr<Entry> entry;
  {
    Registry& r = registry();
    std::lock_guard lock(r.mutex);
    std::shared_ptr<Entry>& slot = r.entries[key];
    if (slot == nullptr) slot = std::make_shared<Entry>();
    entry = slot;
  }
  std::lock_guard lock(entry->mutex);
  *packed = entry->packed.lock();
  if (*packed != nullptr) return Status::ok();

  std::shared_ptr<PackedWeights> made(new PackedWeights);
  made->key_ = key;
  made->bytes_ = request.bytes();
  const SavedBlock block = saved ? saved() : SavedBlock();
  if (block.data != nullptr) {
    made->file_ = block.file;
    made->point_into(request, block.data);
  } else if (Status status = made->pack(request, threads); !status.is_ok()) {
    return status;
  }
  entry->packed = made;
  *packed = std::move(made);
  return Status::ok();
}

PackedWeights::~PackedWeights() {
  Registry& r = registry();
  std::lock_guard lock(r.mutex);
  const auto found = r.entries.find(key_);
  // Whoever holds the entry besides the registry is about to fill it again.
  if (found != r.entries.end() && found->second.use_count() == 1 && found->second->packed.expired()) {
    r.entries.erase(found);
  }
}

void PackedWeights::point_into(const PackingRequest& request, const uint8_t* block) {
  view_ = {block, request.layout, request.n, request.k};
  if (request.layout.dtype != DType::i8) return;
  column_scale_ = reinterpret_cast<const float*>(block + request.sections[1].begin);
  column_sum_ = reinterpret_cast<const int32_t*>(block + request.sections[2].begin);
}

Status PackedWeights::pack(const PackingRequest& request, int threads) {
  memory_ = AlignedMemory(request.bytes());
  auto* const block = static_cast<uint8_t*>(memory_.data());
  if (block == nullptr) return Status::error("linear: not enough memory for the packed weights");
  bring_in(block, request.bytes());
  point_into(request, block);
  const int64_t panels = view_.panels();
  std::atomic<bool> short_of_memory{false};
  std::atomic<int64_t> next{0};
  ThreadPool::instance().run(static_cast<int>(std::clamp<int64_t>(panels, 1, std::max(threads, 1))),
                             [&](int, int, bool) {
                               PanelPacker packer(request, block);
                               if (packer.short_of_memory()) {
                                 short_of_memory.store(true, std::memory_order_relaxed);
                                 return;
                               }
                               for (int64_t p; (p = next.fetch_add(1, std::memory_order_relaxed)) < panels;)
                                 packer.pack(p);
                             });
  if (short_of_memory) return Status::error("linear: not enough memory to pack the weights");
  // The gaps between sections are saved too, and should not hold what was in memory before.
  int64_t end = 0;
  for (const PackedSection& section : request.sections) {
    std::memset(block + end, 0, static_cast<size_t>(section.begin - end));
    end = section.begin + section.bytes;
  }
  // What was read from a mapping is not needed again in that form.
  for (const Tensor& part : request.parts) {
    if (const auto& file = part.storage->file()) file->drop_pages(part.storage->offset(), part.storage->bytes());
  }
  return Status::ok();
}

}  // namespace vectral
