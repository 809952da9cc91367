// Running prepared steps on the pool: all threads take part in every step and meet after it.
#pragma once

#include <memory>
#include <vector>

#include "../core/status.h"
#include "op.h"

namespace vectral {

struct ReadyStep {
  const OpDefinition* op = nullptr;
  OpArgs args;  // without thread, threads and scratch
};

// One Scratch a thread, kept from run to run.
using Scratches = std::vector<std::unique_ptr<Scratch>>;

// Checks all steps, then runs them in order. The first error, of the earliest step and lowest thread, ends the run.
// `seconds`, if given, holds one number a step: how long the calling thread was in it, waiting for the others included.
Status execute_steps(const std::vector<ReadyStep>& steps, int threads, Scratches* scratches, double* seconds = nullptr);

}  // namespace vectral
