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

TEST_CASE("pool: every thread comes once; every share of a step is done once, before the next step") {
  for (const int threads : {1, 2, 3, 7}) {
    CAPTURE(threads);
    constexpr int kSteps = 200;
    // Plain memory, written in one step and read in the next by whoever takes the share: a thread sanitizer would tell.
    std::vector<int> cells(static_cast<size_t>(threads), 0);
    std::vector<Shares> shares(kSteps);
    std::atomic<int> wrong{0}, comers{0};
    ThreadPool::instance().run(threads, [&](int, int count, bool spin) {
      comers.fetch_add(1);
      wrong += count != threads;
      for (int step = 0; step < kSteps; ++step) {
        Shares& work = shares[static_cast<size_t>(step)];
        for (int share; (share = work.take(threads)) != Shares::kNone; work.finish(threads)) {
          wrong += cells[static_cast<size_t>((share + step) % threads)]++ != step;
        }
        work.wait(threads, spin);
      }
    });
    CHECK(comers == threads);
    CHECK(wrong == 0);
    for (const int cell : cells) CHECK(cell == kSteps);
  }
}

TEST_CASE("pool: one thread alone can take every share") {
  Shares shares;
  for (int expected : {0, 1, 2, Shares::kNone, Shares::kNone}) CHECK(shares.take(3) == expected);
  for (int i = 0; i < 3; ++i) shares.finish(3);
  shares.wait(3, false);
}

TEST_CASE("pool: callers are inside at once, each with workers of its own") {
  // Each waits for the others inside: for ever, if they took turns.
  std::atomic<int> inside{0};
  std::atomic<bool> all_in{false};
  std::vector<std::thread> callers;
  std::atomic<int> most{0};
  for (int c = 0; c < 3; ++c) {
    callers.emplace_back([&] {
      ThreadPool::instance().run(usable_cpus() + 1, [&](int thread, int count, bool) {
        if (thread > 0) return;
        if (count > most.load()) most = count;
        if (inside.fetch_add(1) == 2) {
          all_in = true;
          all_in.notify_all();
        }
        all_in.wait(false);
      });
    });
  }
  for (std::thread& caller : callers) caller.join();
  // Only the first had all it asked for; the others left the CPUs to it.
  CHECK(most == usable_cpus() + 1);
}

TEST_CASE("pool: every share is done, whoever calls meanwhile") {
  std::vector<std::thread> callers;
  std::atomic<int> sum{0};
  for (int c = 0; c < 6; ++c) {
    callers.emplace_back([&, c] {
      const int shares = c % 3 + 1;
      for (int i = 0; i < 50; ++i) {
        Shares all;
        ThreadPool::instance().run(shares, [&](int, int, bool spin) {
          for (; all.take(shares) != Shares::kNone; all.finish(shares)) sum.fetch_add(1);
          all.wait(shares, spin);
        });
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  CHECK(sum == 2 * 50 * (1 + 2 + 3));
}

TEST_CASE("pool: counts out of range are brought into it") {
  int calls = 0;
  ThreadPool::instance().run(0, [&](int, int count, bool) { calls += count; });
  ThreadPool::instance().run(-5, [&](int, int count, bool) { calls += count; });
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
