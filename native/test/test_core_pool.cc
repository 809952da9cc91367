#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <random>
#include <thread>
#include <vector>

#include "../core/cpu_count.h"
#include "../core/thread_pool.h"

using namespace vectral;

TEST_CASE("pool: every thread runs once, and a barrier lets nobody pass early") {
  for (const int threads : {1, 2, 3, 7}) {
    CAPTURE(threads);
    // Plain memory, written before a barrier by one thread and read after it by another: a thread sanitizer would tell.
    std::vector<int> cells(static_cast<size_t>(threads), 0);
    std::atomic<int> wrong{0};
    int counted = 0;
    ThreadPool::instance().run(threads, [&](int thread, int count, Barrier& barrier) {
      if (thread == 0) counted = count;
      for (int round = 1; round <= 200; ++round) {
        cells[static_cast<size_t>(thread)] = round;
        barrier.wait();
        for (const int cell : cells) wrong += cell != round;
        barrier.wait();
      }
    });
    CHECK(counted == threads);
    CHECK(wrong == 0);
  }
}

TEST_CASE("pool: many callers take turns, and single runs do not wait") {
  std::vector<std::thread> callers;
  std::atomic<int> sum{0};
  std::atomic<int> inside{0}, most{0};
  for (int c = 0; c < 6; ++c) {
    callers.emplace_back([&, c] {
      for (int i = 0; i < 50; ++i) {
        ThreadPool::instance().run(c % 3 + 1, [&](int thread, int count, Barrier& barrier) {
          if (count > 1 && thread == 0) {
            const int now = inside.fetch_add(1) + 1;
            if (now > most.load()) most = now;
          }
          barrier.wait();
          sum.fetch_add(1);
          barrier.wait();
          if (count > 1 && thread == 0) inside.fetch_sub(1);
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(sum == 2 * 50 * (1 + 2 + 3));
  CHECK(most == 1);
}

TEST_CASE("pool: counts out of range are brought into it") {
  int calls = 0;
  ThreadPool::instance().run(0, [&](int, int count, Barrier&) { calls += count; });
  ThreadPool::instance().run(-5, [&](int, int count, Barrier&) { calls += count; });
  CHECK(calls == 2);
}

TEST_CASE("cpus: the smallest quota on the way up from the process's cgroup counts, rounded up") {
  namespace fs = std::filesystem;
  const fs::path root = fs::temp_directory_path() / ("vectral-cgroup-" + std::to_string(std::random_device{}()));
  fs::create_directories(root / "a/b");
  const auto write = [&](const char* name, const char* text) { std::ofstream(root / name) << text; };
  const auto quota = [&](const char* groups) { return cgroup_cpu_quota(groups, root.string()); };

  CHECK(quota("0::/a/b\n") == 0);
  write("a/b/cpu.max", "max 100000\n");
  CHECK(quota("0::/a/b\n") == 0);
  write("a/b/cpu.max", "350000 100000\n");
  CHECK(quota("0::/a/b\n") == 4);
  write("a/cpu.max", "150000 100000\n");
  CHECK(quota("0::/a/b\n") == 2);
  CHECK(quota("0::/\n") == 0);
  write("a/b/cpu.max", "nonsense");
  CHECK(quota("0::/a/b") == 2);

  fs::create_directories(root / "cpu,cpuacct/x");
  write("cpu,cpuacct/x/cpu.cfs_quota_us", "250000\n");
  write("cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
  CHECK(quota("12:memory:/x\n4:cpu,cpuacct:/x\n") == 3);
  write("cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
  CHECK(quota("4:cpu,cpuacct:/x\n") == 0);
  CHECK(quota("") == 0);
  CHECK(quota("no colons") == 0);
  fs::remove_all(root);
}

#ifndef _WIN32
TEST_CASE("cpus: VECTRAL_THREADS is obeyed, or refused with its name and range") {
  const char* const before = std::getenv("VECTRAL_THREADS");
  const std::string saved = before == nullptr ? "" : before;
  int threads = 0;
  setenv("VECTRAL_THREADS", "3", 1);
  CHECK(default_threads(&threads).is_ok());
  CHECK(threads == 3);
  for (const char* bad : {"0", "-1", "1025", "two", "2x", "1.5", "99999999999999999999"}) {
    CAPTURE(bad);
    setenv("VECTRAL_THREADS", bad, 1);
    const Status status = default_threads(&threads);
    REQUIRE_FALSE(status.is_ok());
    CHECK(status.message().find("VECTRAL_THREADS must be a whole number from 1 to 1024") == 0);
  }
  setenv("VECTRAL_THREADS", "", 1);
  CHECK(default_threads(&threads).is_ok());
  CHECK(threads == usable_cpus());
  if (before == nullptr)
    unsetenv("VECTRAL_THREADS");
  else
    setenv("VECTRAL_THREADS", saved.c_str(), 1);
}
#endif
