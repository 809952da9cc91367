#include "op.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "../core/aligned_memory.h"
#include "ops/op_list.h"

namespace vectral {
namespace {

const OpDefinition* const kOps[] = {
#define VECTRAL_OP_ADDRESS(name) &name##_op,
    VECTRAL_OPS(VECTRAL_OP_ADDRESS)
#undef VECTRAL_OP_ADDRESS
};

}  // namespace

Scratch::~Scratch() { ::operator delete(data_, std::align_val_t(kMemoryAlignment)); }

void* Scratch::bytes(int64_t n) {
  n = std::max<int64_t>(n, 1);
  if (n > capacity_) {
    ::operator delete(data_, std::align_val_t(kMemoryAlignment));
    capacity_ = align_up(std::max(n, capacity_ + capacity_ / 2));
    data_ = ::operator new(static_cast<size_t>(capacity_), std::align_val_t(kMemoryAlignment), std::nothrow);
    if (data_ == nullptr) capacity_ = 0;
  }
  return data_;
}

void OpArgs::split(int64_t count, int64_t grain, int64_t* begin, int64_t* end) const {
  const int64_t grains = (count + grain - 1) / grain;
  *begin = std::min(count, grains * thread / threads * grain);
  *end = std::min(count, grains * (thread + 1) / threads * grain);
}

const OpDefinition* find_op(const char* name) {
  for (const OpDefinition* op : kOps) {
    if (std::strcmp(op->name, name) == 0) return op;
  }
  return nullptr;
}

std::vector<const char*> op_names() {
  std::vector<const char*> names;
  for (const OpDefinition* op : kOps) names.push_back(op->name);
  return names;
}

}  // namespace vectral
