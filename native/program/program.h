// A plan ready to run: weights packed, memory reused from run to run.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "../core/aligned_memory.h"
#include "../core/packed_cache.h"
#include "../core/status.h"
#include "../dispatch/select.h"
#include "execute.h"
#include "linear_weights.h"
#include "plan.h"

namespace vectral {

// Memory of the caller's that a run reads or fills. bf16 comes as f16: both are 16 bits to the caller.
struct RunBuffer {
  void* data = nullptr;
  DType dtype = DType::f32;
  int64_t count = 0;
};

struct RunRequest {
  std::vector<RunBuffer> inputs;
  std::vector<int64_t> symbols;
  std::vector<RunBuffer> outputs;
  int threads = 1;
};

// What a program's runs take: medians, in seconds.
struct RunProfile {
  double run = 0;             // a whole run as `run` does it, without a look at the clock in between
  std::vector<double> steps;  // of each step of the plan, in runs of their own
  double besides = 0;         // what those runs took besides their steps
};

class Program {
 public:
  // Packs the weights on the pool, or finds them packed in the cache. The plan's constants live on in the program; its
  // weights only in packed form.
  static Status compile(Plan plan, const IsaChoice& isa, int threads, const PackedCacheOptions& cache,
                        std::shared_ptr<const Program>* program);

  // May be called by several threads at once. Everything the request says is checked against the plan first.
  Status run(const RunRequest& request) const { return run(request, nullptr); }

  // Runs once to warm up, then 2 * `runs` times: with and without looking at the clock after each step, in turn.
  Status profile(const RunRequest& request, int64_t runs, RunProfile* profile) const;

  int64_t packed_bytes() const;
  // How many of them lie in the cache's file.
  int64_t cached_bytes() const;
  // Of the largest run so far.
  int64_t arena_bytes() const { return largest_arena_.load(std::memory_order_relaxed); }

 private:
  // What one run works in.
  struct Workspace {
    AlignedMemory arena;
    std::vector<View> values;
    std::vector<int64_t> counts;  // elements of each value
    std::vector<View> inputs;     // of all steps, one after another
    std::vector<ReadyStep> steps;
    Scratches scratches;
  };

  Program() = default;
  Status run(const RunRequest& request, double* step_seconds) const;
  Status pack_weights(Plan* plan, const IsaChoice& isa, int threads, const PackedCacheOptions& cache);
  std::set<std::shared_ptr<const PackedWeights>> packed_matrices() const;
  std::unique_ptr<Workspace> take_workspace() const;
  void keep_workspace(std::unique_ptr<Workspace> workspace) const;
  Status check_request(const RunRequest& request) const;
  Status size_values(const RunRequest& request, Workspace* work) const;
  Status place_slots(Workspace* work, std::vector<char*>* slots) const;
  Status place_value(const RunRequest& request, const std::vector<char*>& slots, size_t i, Workspace* work) const;
  void prepare_steps(Workspace* work) const;

  Plan plan_;
  std::vector<AliasRoot> roots_;        // of each value
  std::vector<LinearMatrix> matrices_;  // of each step; empty where it is not linear
  std::vector<LinearWeights> weights_;
  std::vector<std::shared_ptr<const MappedFile>> files_;  // read during a run
  const KernelTable* kernels_ = nullptr;

  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Workspace>> free_;
  mutable std::atomic<int64_t> largest_arena_{0};
};

}  // namespace vectral
