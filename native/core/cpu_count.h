// How many threads this process should use.
#pragma once

#include <string>
#include <string_view>

#include "status.h"

namespace vectral {

constexpr int kMaxThreads = 1024;

// CPUs in the affinity mask, or fewer where a cgroup quota gives less time than that; at least 1.
int usable_cpus();

// VECTRAL_THREADS if it is set, else usable_cpus() at the first call. A value that is not a number from 1 to 1024 is an
// error.
Status default_threads(int* threads);

// The quota in whole CPUs (rounded up) of the process whose /proc/self/cgroup is given, with the cgroup file systems
// mounted under `root`; 0 where there is none. Looks at every level from the process's group up, versions 1 and 2.
int cgroup_cpu_quota(std::string_view proc_self_cgroup, const std::string& root);

}  // namespace vectral
