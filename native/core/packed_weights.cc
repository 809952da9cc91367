#include "packed_weights.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>

#include "half.h"
#include "thread_pool.h"

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

std::string key_of(const std::vector<Tensor>& parts, const PackingIsa& isa, const PackLayout& layout) {
  std::string key = isa.name;
  const auto add = [&key](auto number) { key += '/' + std::to_string(number); };
  add(static_cast<int>(layout.dtype));
  add(layout.panel);
  add(layout.interleave);
  add(layout.block);
  add(layout.parts);
  for (const Tensor& part : parts) {
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

// Rows [begin, end) of one part, from the stacked rows [first, first + count).
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

// One panel from its `rows`; where the layout has parts from `wide`, of which each takes what bf16 holds of the rest.
void pack_one(const PackLayout& layout, void* rows, void* wide, int64_t height, int64_t k, uint8_t* panel) {
  if (layout.parts == 0) return pack_panels(layout, rows, k, 1, height, k, 0, 1, panel);
  const int64_t part_bytes = packed_bytes(layout, layout.panel, k) / layout.parts;
  auto* const part = static_cast<BF16*>(rows);
  auto* const rest = static_cast<float*>(wide);
  for (int32_t p = 0; p < layout.parts; ++p) {
    for (int64_t i = 0; i < height * k; ++i) {
      part[i] = narrow_bf16(rest[i]);
      rest[i] -= widen(part[i]);
    }
    pack_panels(layout, part, k, 1, height, k, 0, 1, panel + p * part_bytes);
  }
}

}  // namespace

Status PackedWeights::of(const std::vector<Tensor>& parts, Arithmetic arithmetic, const PackingIsa& isa, int threads,
                         std::shared_ptr<const PackedWeights>* packed) {
  if (Status status = check_parts(parts); !status.is_ok()) return status;
  int64_t n = 0;
  for (const Tensor& part : parts) n += part.shape.dims[0];
  const PackLayout layout = isa.gemm_layout(arithmetic, packed_dtype(parts, arithmetic), n);
  const std::string key = key_of(parts, isa, layout);

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
  made->view_ = {nullptr, layout, n, parts.front().shape.dims[1]};
  if (Status status = made->pack(parts, isa, threads); !status.is_ok()) return status;
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

Status PackedWeights::pack(const std::vector<Tensor>& parts, const PackingIsa& isa, int threads) {
  const PackLayout& layout = view_.layout;
  const int64_t n = view_.n, k = view_.k, panels = view_.panels();
  memory_ = AlignedMemory(packed_bytes(layout, n, k));
  if (memory_.data() == nullptr) return Status::error("linear: not enough memory for the packed weights");
  view_.data = memory_.data();
  const int64_t panel_bytes = packed_bytes(layout, layout.panel, k);
  if (layout.dtype == DType::i8) {
    column_scale_.assign(static_cast<size_t>(n), 0.0f);
    column_sum_.assign(static_cast<size_t>(n), 0);
  }
  std::atomic<bool> short_of_memory{false};
  std::atomic<int64_t> next{0};

  ThreadPool::instance().run(static_cast<int>(std::clamp<int64_t>(panels, 1, std::max(threads, 1))), [&](int, int,
                                                                                                         bool) {
    const AlignedMemory rows(layout.panel * k * dtype_bytes(layout.dtype));
    const AlignedMemory wide(layout.panel * k * dtype_bytes(DType::f32));
    if (rows.data() == nullptr || wide.data() == nullptr) {
      short_of_memory.store(true, std::memory_order_relaxed);
      return;
    }
    for (int64_t p; (p = next.fetch_add(1, std::memory_order_relaxed)) < panels;) {
      const int64_t first = p * layout.panel, height = std::min<int64_t>(layout.panel, n - first);
      gather_rows(parts, isa, first, height, static_cast<float*>(wide.data()), rows.data());
      pack_one(layout, rows.data(), wide.data(), height, k, static_cast<uint8_t*>(memory_.data()) + p * panel_bytes);
    }
  });
  if (short_of_memory) return Status::error("linear: not enough memory to pack the weights");
  // What was read from a mapping is not needed again in that form.
  for (const Tensor& part : parts) {
    if (const auto& file = part.storage->file()) file->drop_pages(part.storage->offset(), part.storage->bytes());
  }
  return Status::ok();
}

void PackedWeights::gather_rows(const std::vector<Tensor>& parts, const PackingIsa& isa, int64_t first, int64_t count,
                                float* wide, void* rows) {
  const DType dtype = view_.layout.dtype;
  const int64_t k = view_.k;
  for_each_part(parts, first, count, [&](DType from, const uint8_t* source, int64_t at, int64_t height) {
    const bool split = view_.layout.parts > 0;
    if (from == dtype && !split) {
      std::memcpy(static_cast<uint8_t*>(rows) + at * k * dtype_bytes(dtype), source,
                  static_cast<size_t>(height * k * dtype_bytes(dtype)));
      return;
    }
    isa.to_f32(from, source, wide + at * k, height * k);
    if (dtype != DType::i8 && !split)
      isa.from_f32(dtype, wide + at * k, static_cast<uint8_t*>(rows) + at * k * dtype_bytes(dtype), height * k);
  });
  if (dtype != DType::i8) return;
  const int64_t padded = (k + 3) / 4 * 4;
  std::vector<uint8_t> quantized(static_cast<size_t>(padded));
  std::vector<float> rotated(static_cast<size_t>(k));
  for (int64_t r = 0; r < count; ++r) {
    isa.quantize_i8_rows(wide + r * k, k, 1, k, rotated.data(), quantized.data(), padded,
                         &column_scale_[static_cast<size_t>(first + r)]);
    column_scale_[static_cast<size_t>(first + r)] /= kRotationGain;  // x is rotated too
    auto* const out = static_cast<int8_t*>(rows) + r * k;
    int32_t sum = 0;
    for (int64_t i = 0; i < k; ++i) {
      out[i] = static_cast<int8_t>(quantized[static_cast<size_t>(i)] - 128);
      sum += out[i];
    }
    column_sum_[static_cast<size_t>(first + r)] = sum;
  }
}

}  // namespace vectral
