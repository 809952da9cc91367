// What an operation is. Eager calls and programs run the same definitions: an eager call is a program of one step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "../core/pack.h"
#include "../core/status.h"
#include "../core/view.h"
#include "../dispatch/kernels.h"
#include "attributes.h"

namespace vectral {

// Growing scratch memory of one thread, reused from step to step. Contents are undefined.
class Scratch {
 public:
  Scratch() = default;
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  // Null where the memory cannot be had. What an earlier call returned is no longer valid.
  template <typename T>
  T* get(int64_t count) {
    return static_cast<T*>(bytes(count * static_cast<int64_t>(sizeof(T))));
  }

 private:
  void* bytes(int64_t n);  // 64-byte aligned
  void* data_ = nullptr;
  int64_t capacity_ = 0;
};

// The weights of a linear step: the packed matrix, what its int8 elements stand for, and its bias in f32 (or none).
struct LinearWeights {
  PackedView matrix;
  const float* column_scale = nullptr;  // i8 only, as GemmArgs
  const int32_t* column_sum = nullptr;  // i8 only
  const float* bias = nullptr;
  bool far = false;  // between two uses so many others pass that L2 no longer holds it
};

struct OpArgs {
  const View* inputs = nullptr;
  int input_count = 0;
  View output;
  const Attributes* attributes = nullptr;
  const LinearWeights* weights = nullptr;  // linear only
  const KernelTable* kernels = nullptr;
  Scratch* scratch = nullptr;  // this thread's
  int thread = 0;              // which of `threads` this call is
  int threads = 1;

  // [begin, end) of `count` items for this thread; whole multiples of `grain`.
  void split(int64_t count, int64_t grain, int64_t* begin, int64_t* end) const;
};

// `check` sees the step once before the run and refuses counts, types and shapes with which `run` would touch memory
// outside its views. Then every thread calls `run` with its own `thread`; together they fill `output`. An error from
// any thread ends the run after the step: what depends on data (ids, offsets) is checked there. An operation whose
// second half needs all of the first has a `finish`: every thread calls it too, after all have ended `run`.
struct OpDefinition {
  const char* name;
  Status (*check)(const OpArgs& args);
  Status (*run)(const OpArgs& args);
  bool (*finishes)(const OpArgs& args) = nullptr;
  Status (*finish)(const OpArgs& args) = nullptr;
};

const OpDefinition* find_op(const char* name);  // nullptr if there is none
std::vector<const char*> op_names();

}  // namespace vectral
