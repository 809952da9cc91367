// Which table is chosen, what a forced one is, and that no entry of any table is empty.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#if defined(__linux__)
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

#include "../dispatch/cpu.h"
#include "../dispatch/select.h"

namespace vectral::test {
namespace {

TEST_CASE("instruction sets of this build that this machine cannot run are named") {
  const std::vector<IsaChoice> runnable = runnable_isas();
  for (const std::string& name : built_isas()) {
    const bool runs = std::any_of(runnable.begin(), runnable.end(), [&](const IsaChoice& c) { return c.name == name; });
    if (!runs) MESSAGE("SKIPPED: every kernel test of ", name, ", which does not run on this CPU");
  }
  REQUIRE(!runnable.empty());
  CHECK(runnable.front().name == "scalar");
}

TEST_CASE("tables are complete and their sources known") {
  for (const IsaChoice& isa : runnable_isas()) {
    CAPTURE(isa.name);
#define VECTRAL_CHECK(ret, kernel, args) CHECK_MESSAGE((isa.kernels->kernel != nullptr), #kernel);
    VECTRAL_KERNELS(VECTRAL_CHECK)
#undef VECTRAL_CHECK
    const auto sources = kernel_sources(isa.name);
    REQUIRE(sources.size() > 2);
    CHECK(sources[0].first == "gemm_layout");
    CHECK(sources[1].first == "gemm");
    // Each set has a gemm of its own, but for those that only add instructions for another arithmetic.
    const std::map<std::string, std::string> adds = {
        {"avx512vnni", "gemm_i8"}, {"avx512bf16", "gemm_bf16"}, {"amx_split", "gemm_layout"}, {"amx", "gemm_bf16"}};
    const auto added = adds.find(isa.name);
    const std::string own = added == adds.end() ? "gemm" : added->second;
    for (const auto& [kernel, source] : sources) {
      if (kernel == own) CHECK(source == isa.name);
    }
  }
  CHECK(kernel_sources("no such set").empty());
}

TEST_CASE("a request is met exactly, an empty one by the best, a bad one by a list") {
  const std::vector<IsaChoice> runnable = runnable_isas();
  IsaChoice choice;
  for (const IsaChoice& isa : runnable) {
    REQUIRE(choose_isa(isa.name, &choice).is_ok());
    CHECK(choice.name == isa.name);
    CHECK(choice.kernels == isa.kernels);
  }
  REQUIRE(choose_isa("", &choice).is_ok());
  CHECK(choice.name == runnable.back().name);
  const Status bad = choose_isa("avx1024", &choice);
  REQUIRE(!bad.is_ok());
  CHECK(bad.message().find("'avx1024' is not an instruction set of this build") != std::string::npos);
  for (const IsaChoice& isa : runnable) CHECK(bad.message().find(isa.name) != std::string::npos);
}

TEST_CASE("each table's gemm is its own, told by the panel it wants") {
  const std::pair<const char*, int> panels[] = {{"scalar", 4}, {"avx2", 16}, {"avx512", 48}, {"neon", 12}};
  for (const IsaChoice& isa : runnable_isas()) {
    CAPTURE(isa.name);
    for (const auto& [name, panel] : panels) {
      if (isa.name == name) CHECK(isa.kernels->gemm_layout(Arithmetic::f32, DType::f32, 1 << 20).panel == panel);
    }
  }
}

// The whole run may be forced: VECTRAL_ISA=avx2 <this binary>. The next test starts this one with every name.
TEST_CASE("what VECTRAL_ISA forces is what the process runs") {
  const char* forced = std::getenv("VECTRAL_ISA");
  const IsaChoice* choice = nullptr;
  const Status status = selected_isa(&choice);
  if (!forced || !*forced) {
    REQUIRE(status.is_ok());
    CHECK(choice->name == runnable_isas().back().name);
    return;
  }
  const std::vector<IsaChoice> runnable = runnable_isas();
  const auto found =
      std::find_if(runnable.begin(), runnable.end(), [&](const IsaChoice& c) { return c.name == forced; });
  CHECK(status.is_ok() == (found != runnable.end()));
  if (found == runnable.end()) return;
  CHECK(choice->name == forced);
  CHECK(choice->kernels == found->kernels);
}

TEST_CASE("every name forced in a process of its own, and a wrong one") {
#if defined(__linux__)
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  REQUIRE(length > 0);
  const std::string self(path, static_cast<size_t>(length));
  std::vector<std::string> names = {"avx1024"};
  for (const IsaChoice& isa : runnable_isas()) names.push_back(isa.name);
  for (const std::string& name : names) {
    CAPTURE(name);
    const std::string command = "VECTRAL_ISA=" + name + " '" + self + "' --no-version --test-case='what VECTRAL_ISA*'";
    const int status = std::system((command + " > /dev/null 2>&1").c_str());
    if (WEXITSTATUS(status) >= 126) {
      MESSAGE("SKIPPED: this machine cannot start the test binary by itself (an emulator does)");
      return;
    }
    CHECK(status == 0);
  }
#else
  MESSAGE("SKIPPED: needs /proc/self/exe");
#endif
}

// Linux lists what the kernel found; an independent reading of the same CPU.
TEST_CASE("feature bits agree with the operating system's") {
#if defined(__linux__) && defined(__x86_64__)
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line) && line.rfind("flags", 0) != 0) {
  }
  if (line.rfind("flags", 0) != 0) {
    MESSAGE("SKIPPED: /proc/cpuinfo lists no flags");
    return;
  }
  std::istringstream words(line.substr(line.find(':') + 1));
  std::vector<std::string> listed;
  for (std::string word; words >> word;) listed.push_back(word);
  const auto ours = cpu_feature_names(cpu_features());
  // What the processor has of AMX counts only where the kernel grants its registers: ARCH_REQ_XCOMP_PERM, tile data.
  const bool tiles = syscall(SYS_arch_prctl, 0x1023, 18) == 0;
  for (const std::string& name : cpu_feature_names(~uint64_t{0})) {
    if (name == "asimd") continue;
    CAPTURE(name);
    const bool usable = tiles || name.rfind("amx", 0) != 0;
    CHECK((std::count(ours.begin(), ours.end(), name) > 0) ==
          (usable && std::count(listed.begin(), listed.end(), name) > 0));
  }
#else
  MESSAGE("SKIPPED: only Linux on x86-64 lists its feature bits this way");
#endif
}

}  // namespace
}  // namespace vectral::test
