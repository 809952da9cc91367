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

DType packed_dtype(const std::vector<WeightPart>& parts, Arithmetic arithmetic) {
  if (arithmetic == Arithmetic::bf16) return DType::bf16;
  if (arithmetic == Arithmetic::i8) return DType::i8;
  const DType first = parts.front().weight.dtype;
  const bool same =
      std::all_of(parts.begin(), parts.end(), [&](const WeightPart& p) { return p.weight.dtype == first; });
  return same && first != DType::i8 ? first : DType::f32;
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
  for (const WeightPart& part : request.parts) {
    for (const Tensor* tensor : {&part.weight, part.scale.has_value() ? &*part.scale : nullptr}) {
      if (tensor == nullptr) continue;
      add(tensor->storage->source());
      add(tensor->storage->offset());
      add(static_cast<int>(tensor->dtype));
    }
    add(part.weight.shape.dims[0]);
    add(part.weight.shape.dims[1]);
  }
  return key;
}

Status check_scale(const WeightPart& part) {
  if (part.weight.dtype != DType::i8) {
    return part.scale.has_value() ? Status::error("linear: only i8 weights have a scale") : Status::ok();
  }
  const bool fits = part.scale.has_value() && part.scale->dtype == DType::f32 && part.scale->shape.rank == 1 &&
                    part.scale->shape.dims[0] == part.weight.shape.dims[0];
  return fits ? Status::ok() : Status::error("linear: i8 weights [out, in] need an f32 scale [out]");
}

Status check_parts(const std::vector<WeightPart>& parts) {
  if (parts.empty()) return Status::error("linear: needs at least one weight");
  const int64_t k = parts.front().weight.shape.dims[1];
  for (const WeightPart& part : parts) {
    const Tensor& weight = part.weight;
    const std::string shape = shape_text(weight.shape.dims, weight.shape.rank);
    if (weight.shape.rank != 2) return Status::error("linear: weight must be [out, in], got " + shape);
    if (weight.shape.dims[1] != k) {
      return Status::error("linear: stacked weights must have equal widths, got " + shape + " beside " +
                           std::to_string(k) + " columns");
    }
    if (weight.dtype != DType::f32 && weight.dtype != DType::f16 && weight.dtype != DType::bf16 &&
        weight.dtype != DType::i8) {
      return Status::error(std::string("linear: weight must be f32, f16, bf16 or i8, got ") + dtype_name(weight.dtype));
    }
    if (Status status = check_scale(part); !status.is_ok()) return status;
  }
  return Status::ok();
}

// Rows of one part, as they lie in its storage.
struct PartRows {
  DType dtype;
  const uint8_t* data;
  const float* scale;  // i8 only
  int64_t count;
};

// Rows [first, first + count) of the stacked parts, in pieces that lie in one part. `at`: where a piece begins in them.
template <typename Visit>
void for_each_part(const std::vector<WeightPart>& parts, int64_t first, int64_t count, Visit visit) {
  for (const WeightPart& part : parts) {
    const Tensor& weight = part.weight;
    const int64_t rows = weight.shape.dims[0];
    const int64_t begin = std::max<int64_t>(first, 0), end = std::min(first + count, rows);
    if (begin < end) {
      const int64_t row_bytes = weight.shape.dims[1] * dtype_bytes(weight.dtype);
      const auto* data = static_cast<const uint8_t*>(weight.storage->data()) + begin * row_bytes;
      const float* const scale =
          part.scale.has_value() ? static_cast<const float*>(part.scale->storage->data()) + begin : nullptr;
      visit(PartRows{weight.dtype, data, scale, end - begin}, begin - first);
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
    auto* const wide = static_cast<float*>(wide_.data());
    for_each_part(request_.parts, first, count,
                  [&](const PartRows& rows, int64_t at) { widen_part(rows, wide + at * request_.k); });
  }

  void widen_part(const PartRows& rows, float* to) {
    const int64_t k = request_.k;
    if (rows.dtype != DType::i8) return request_.isa.to_f32(rows.dtype, rows.data, to, rows.count * k);
    spare_.resize(static_cast<size_t>(widen_spare(k)));
    const auto* const q = reinterpret_cast<const int8_t*>(rows.data);
    for (int64_t r = 0; r < rows.count; ++r) {
      widen_weight_row(request_.isa.quantize_i8_rows, q + r * k, rows.scale[r], k, to + r * k, spare_.data());
    }
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
    for_each_part(request_.parts, first, count, [&](const PartRows& rows, int64_t at) {
      auto* const to = static_cast<uint8_t*>(rows_.data()) + at * row;
      if (rows.dtype != dtype) {
        float* const wide = dtype == DType::f32 ? reinterpret_cast<float*>(to) : static_cast<float*>(wide_.data());
        widen_part(rows, wide);
        if (dtype != DType::f32) request_.isa.from_f32(dtype, wide, to, rows.count * request_.k);
      } else if (rows.count == count) {
        in_place = rows.data;
      } else {
        std::memcpy(to, rows.data, static_cast<size_t>(rows.count * row));
      }
    });
    return in_place != nullptr ? in_place : rows_.data();
  }

  const void* quantize(int64_t first, int64_t count) {
    const int64_t k = request_.k;
    auto* const out = static_cast<int8_t*>(rows_.data());
    auto* const scale = reinterpret_cast<float*>(block_ + request_.sections[1].begin) + first;
    auto* const sums = reinterpret_cast<int32_t*>(block_ + request_.sections[2].begin) + first;
    for_each_part(request_.parts, first, count, [&](const PartRows& rows, int64_t at) {
      if (rows.dtype == DType::i8) {
        std::memcpy(out + at * k, rows.data, static_cast<size_t>(rows.count * k));
        std::copy_n(rows.scale, rows.count, scale + at);
        return;
      }
      auto* const wide = static_cast<float*>(wide_.data());
      widen_part(rows, wide);
      quantize_weight_rows(request_.isa.quantize_i8_rows, wide, rows.count, k, out + at * k, scale + at);
    });
    for (int64_t r = 0; r < count; ++r) {
      sums[r] = 0;
      for (int64_t i = 0; i < k; ++i) sums[r] += out[r * k + i];
    }
    return rows_.data();
  }

  const PackingRequest& request_;
  uint8_t* const block_;
  const AlignedMemory rows_, wide_;  // a panel of rows in the packed type, and in f32
  std::vector<float> spare_;
};

}  // namespace

void quantize_weight_rows(QuantizeRows quantize, const float* x, int64_t count, int64_t k, int8_t* q, float* scale) {
  std::vector<uint8_t> quantized(static_cast<size_t>((k + 3) / 4 * 4));
  std::vector<float> rotated(static_cast<size_t>(k));
  for (int64_t r = 0; r < count; ++r, x += k, q += k) {
    quantize(x, k, 1, k, rotated.data(), quantized.data(), static_cast<int64_t>(quantized.size()), scale + r);
    scale[r] /= kRotationGain;  // x is rotated too
    for (int64_t i = 0; i < k; ++i) q[i] = static_cast<int8_t>(quantized[static_cast<size_t>(i)] - 128);
  }
}

// The rotation is its own inverse but for its gain, which the scale is without.
void widen_weight_row(QuantizeRows quantize, const int8_t* q, float scale, int64_t k, float* x, float* spare) {
  for (int64_t i = 0; i < k; ++i) spare[i] = scale * static_cast<float>(q[i]);
  float unused;
  quantize(spare, k, 1, k, x, reinterpret_cast<uint8_t*>(spare + k), (k + 3) / 4 * 4, &unused);
}

Status PackingRequest::make(std::vector<WeightPart> parts, Arithmetic arithmetic, const PackingIsa& isa,
                            PackingRequest* request) {
  if (Status status = check_parts(parts); !status.is_ok()) return status;
  request->n = 0;
  for (const WeightPart& part : parts) request->n += part.weight.shape.dims[0];
  request->k = parts.front().weight.shape.dims[1];
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
  for (const WeightPart& part : request.parts) {
    const Storage& storage = *part.weight.storage;
    if (const auto& file = storage.file()) file->drop_pages(storage.offset(), storage.bytes());
  }
  return Status::ok();
}

}  // namespace vectral
