#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

#include "../core/job_queue.h"

using namespace vectral;

namespace {

// Queues are never destroyed. Reachable, so that a leak checker does not mind.
JobQueue& new_queue(int runners) {
  static std::vector<std::unique_ptr<JobQueue>>& all = *new std::vector<std::unique_ptr<JobQueue>>;
  return *all.emplace_back(std::make_unique<JobQueue>(runners));
}

// Jobs stand before it until it opens.
class Gate {
 public:
  void pass() {
    ++arrived_;
    arrived_.notify_all();
    open_.wait(false);
  }
  void await_arrivals(int count) {
    for (int now; (now = arrived_.load()) < count;) arrived_.wait(now);
  }
  int arrivals() const { return arrived_; }
  void open() {
    open_ = true;
    open_.notify_all();
  }

 private:
  std::atomic<int> arrived_{0};
  std::atomic<bool> open_{false};
};

const int kOwners[2] = {};
const void* const kFirst = &kOwners[0];
const void* const kSecond = &kOwners[1];

// Jobs on the pool begin one after another, so this one begins after all such jobs before it have ended.
void await_pooled(JobQueue& queue) {
  std::atomic<bool> ended{false};
  queue.submit(kFirst, 2, [&] {
    ended = true;
    ended.notify_all();
  });
  ended.wait(false);
  queue.withdraw(kFirst);  // the job's own hold on `ended`
}

}  // namespace

TEST_CASE("jobs: those on the pool run one after another, in order, however many runners there are") {
  for (const int runners : {1, 3}) {
    CAPTURE(runners);
    JobQueue& queue = new_queue(runners);
    std::vector<int> order;  // not guarded: jobs that overlapped would be a race
    for (int i = 0; i < 500; ++i) queue.submit(i % 2 ? kFirst : kSecond, 2, [&order, i] { order.push_back(i); });
    await_pooled(queue);
    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(order == expected);
  }
}

TEST_CASE("jobs: with one runner single-threaded ones keep their order too") {
  JobQueue& queue = new_queue(1);
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) queue.submit(kFirst, 1 + i % 2, [&order, i] { order.push_back(i); });
  await_pooled(queue);
  CHECK(order.size() == 100);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("jobs: a single-threaded one waits neither for one on the pool nor for its own kind") {
  JobQueue& queue = new_queue(4);
  Gate gate;
  std::atomic<int> pooled_later{0};
  queue.submit(kFirst, 2, [&] { gate.pass(); });
  queue.submit(kFirst, 2, [&] { ++pooled_later; });
  for (int i = 0; i < 3; ++i) queue.submit(kFirst, 1, [&] { gate.pass(); });
  gate.await_arrivals(4);  // for ever, if one did wait
  CHECK(pooled_later == 0);
  gate.open();
  await_pooled(queue);
  CHECK(pooled_later == 1);
}

TEST_CASE("jobs: no more at a time than there are runners") {
  JobQueue& queue = new_queue(2);
  std::atomic<int> inside{0}, most{0}, ended{0};
  for (int i = 0; i < 200; ++i) {
    queue.submit(kFirst, 1, [&] {
      const int now = ++inside;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      std::this_thread::yield();
      --inside;
      ++ended;
      ended.notify_all();
    });
  }
  for (int now; (now = ended.load()) < 200;) ended.wait(now);
  queue.withdraw(kFirst);
  CHECK(most <= 2);
}

TEST_CASE("jobs: without a single runner they run on the caller's thread") {
  JobQueue& queue = new_queue(0);
  int runs = 0;
  for (int i = 0; i < 3; ++i) {
    queue.submit(kFirst, 1 + i, [&] { ++runs; });
    CHECK(runs == i + 1);
  }
  queue.withdraw(kFirst);
}

TEST_CASE("jobs: withdraw drops the owner's waiting ones, and only those") {
  JobQueue& queue = new_queue(1);
  Gate gate;
  std::vector<int> order;
  queue.submit(kSecond, 1, [&] { gate.pass(); });
  gate.await_arrivals(1);
  const auto held = std::make_shared<int>(0);
  for (int i = 0; i < 10; ++i) queue.submit(i % 2 ? kFirst : kSecond, 1, [&order, i, held] { order.push_back(i); });
  CHECK(held.use_count() == 11);
  queue.withdraw(kFirst);  // it has none running: it does not wait
  CHECK(held.use_count() == 6);
  gate.open();
  await_pooled(queue);
  CHECK(order == std::vector<int>{0, 2, 4, 6, 8});
  CHECK(held.use_count() == 1);
}

TEST_CASE("jobs: withdraw returns after the owner's running ones, whose memory may then go") {
  JobQueue& queue = new_queue(3);
  for (int round = 0; round < 200; ++round) {
    auto buffer = std::make_unique<std::vector<int>>(64, 0);
    Gate gate;
    int begun = 0;
    queue.submit(kFirst, 1 + round % 2, [&, out = buffer.get()] {
      gate.pass();
      begun = 1;
      std::fill(out->begin() + 4, out->end(), round);
    });
    for (int i = 0; i < 4; ++i) {
      queue.submit(kFirst, 1, [out = buffer.get(), i] { (*out)[static_cast<size_t>(i)] = i; });
    }
    gate.await_arrivals(1);
    std::thread opener([&] { gate.open(); });
    queue.withdraw(kFirst);
    CHECK(begun == 1);
    CHECK(buffer->back() == round);
    buffer.reset();  // a sanitizer would see a job that still writes
    opener.join();
  }
}

TEST_CASE("jobs: many producers, every job runs once") {
  JobQueue& queue = new_queue(3);
  constexpr int kProducers = 6, kJobs = 300;
  std::vector<std::atomic<int>> runs(kProducers * kJobs);
  std::vector<std::thread> producers;
  for (int p = 0; p < kProducers; ++p) {
    producers.emplace_back([&, p] {
      const int owner = 0;
      std::atomic<int> ended{0};
      std::vector<int> own_order;  // of the jobs on the pool; they do not overlap
      for (int i = 0; i < kJobs; ++i) {
        const bool pooled = i % 3 == 0;
        queue.submit(&owner, pooled ? 2 : 1, [&, p, i, pooled] {
          if (pooled) own_order.push_back(i);
          ++runs[static_cast<size_t>(p * kJobs + i)];
          ++ended;
          ended.notify_all();
        });
        if (i % 7 == 0) std::this_thread::yield();
      }
      for (int now; (now = ended.load()) < kJobs;) ended.wait(now);
      queue.withdraw(&owner);
      CHECK(own_order.size() == kJobs / 3);
      CHECK(std::is_sorted(own_order.begin(), own_order.end()));
    });
  }
  for (std::thread& producer : producers) producer.join();
  CHECK(std::all_of(runs.begin(), runs.end(), [](const auto& count) { return count == 1; }));
}

TEST_CASE("jobs: some are withdrawn while others of the same owner still come to their end") {
  JobQueue& queue = new_queue(2);
  for (int round = 0; round < 300; ++round) {
    std::atomic<int> begun{0}, ended{0};
    for (int i = 0; i < 8; ++i) {
      queue.submit(kFirst, 1 + i % 2, [&] {
        ++begun;
        ++ended;
      });
    }
    queue.withdraw(kFirst);
    const int then = begun;
    CHECK(ended == then);
    CHECK(then <= 8);
  }
}
