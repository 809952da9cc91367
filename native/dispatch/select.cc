#include "select.h"

#include <cstdlib>

#include "cpu.h"
#include "isa_list.h"

namespace vectral {
namespace {

struct Isa {
  const char* name;
  const char* parent;
  uint64_t needs;
  void (*fill)(KernelTable*);
};

constexpr Isa kIsas[] = {
#define VECTRAL_ROW(name, parent, features) {#name, #parent, features, fill_##name},
    VECTRAL_ISA_LIST(VECTRAL_ROW)
#undef VECTRAL_ROW
};
constexpr int kIsaCount = sizeof(kIsas) / sizeof(kIsas[0]);

int index_of(const std::string& name) {
  for (int i = 0; i < kIsaCount; ++i) {
    if (name == kIsas[i].name) return i;
  }
  return -1;
}

bool runs_here(const Isa& isa) { return (cpu_features() & isa.needs) == isa.needs; }

KernelTable own_table(int isa) {
  KernelTable table;
  kIsas[isa].fill(&table);
  return table;
}

struct Tables {
  KernelTable of[kIsaCount];
};

// What the ISA sets itself, over what its parents do. The first is its own parent.
KernelTable complete_table(int isa) {
  const int parent = index_of(kIsas[isa].parent);
  KernelTable table = parent == isa ? KernelTable() : complete_table(parent);
  kIsas[isa].fill(&table);
  return table;
}

const Tables& tables() {
  static const Tables all = [] {
    Tables t;
    for (int i = 0; i < kIsaCount; ++i) t.of[i] = complete_table(i);
    return t;
  }();
  return all;
}

std::string runnable_names() {
  std::string names;
  for (const IsaChoice& choice : runnable_isas()) names += (names.empty() ? "" : ", ") + choice.name;
  return names;
}

struct Selected {
  IsaChoice choice;
  Status status = Status::ok();
};

}  // namespace

Status choose_isa(const std::string& requested, IsaChoice* choice) {
  const std::vector<IsaChoice> runnable = runnable_isas();
  if (requested.empty()) {
    *choice = runnable.back();
    return Status::ok();
  }
  for (const IsaChoice& candidate : runnable) {
    if (candidate.name == requested) {
      *choice = candidate;
      return Status::ok();
    }
  }
  const char* problem =
      index_of(requested) < 0 ? "is not an instruction set of this build" : "does not run on this CPU";
  return Status::error("VECTRAL_ISA: '" + requested + "' " + problem + "; choose one of: " + runnable_names() +
                       ", or leave it unset.");
}

Status selected_isa(const IsaChoice** choice) {
  static const Selected selected = [] {
    Selected s;
    const char* forced = std::getenv("VECTRAL_ISA");
    s.status = choose_isa(forced ? forced : "", &s.choice);
    return s;
  }();
  *choice = &selected.choice;
  return selected.status;
}

std::vector<IsaChoice> runnable_isas() {
  std::vector<IsaChoice> found;
  for (int i = 0; i < kIsaCount; ++i) {
    if (runs_here(kIsas[i])) found.push_back({kIsas[i].name, &tables().of[i]});
  }
  return found;
}

std::vector<std::string> built_isas() {
  std::vector<std::string> names;
  for (const Isa& isa : kIsas) names.emplace_back(isa.name);
  return names;
}

std::vector<std::pair<std::string, std::string>> kernel_sources(const std::string& isa) {
  std::vector<std::pair<std::string, std::string>> sources;
  const int begin = index_of(isa);
  if (begin < 0) return sources;
#define VECTRAL_SOURCE(ret, kernel, args)                       \
  {                                                             \
    int i = begin;                                              \
    while (!own_table(i).kernel) i = index_of(kIsas[i].parent); \
    sources.emplace_back(#kernel, kIsas[i].name);               \
  }
  VECTRAL_KERNELS(VECTRAL_SOURCE)
#undef VECTRAL_SOURCE
  return sources;
}

}  // namespace vectral
