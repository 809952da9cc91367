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
JobQueue& new_queue(int runners, int cpus = 8) {
  static std::vector<std::unique_ptr<JobQueue>>& all = *new std::vector<std::unique_ptr<JobQueue>>;
  return *all.emplace_back(std::make_unique<JobQueue>(runners, cpus));
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

using Demand = JobQueue::Demand;

// Submits jobs to one lane, that of a program, say.
struct Lane {
  JobQueue& queue;
  int together;
  const void* owner = kFirst;

  void submit(int threads, JobQueue::Work work) { queue.submit(owner, {this, threads, together}, std::move(work)); }
  // Returns when all jobs of the lane before this call have ended, if each uses all its threads.
  void await() {
    std::atomic<bool> ended{false};
    submit(together, [&](int) {
      ended = true;
      ended.notify_all();
    });
    ended.wait(false);
    queue.withdraw(owner);  // the job's own hold on `ended`
  }
};

}  // namespace

TEST_CASE("jobs: those of a lane of one thread run one after another, in order, however many runners there are") {
  for (const int runners : {1, 3}) {
    CAPTURE(runners);
    Lane lane{new_queue(runners), 1};
    std::vector<int> order;  // not guarded: jobs that overlapped would be a race
    for (int i = 0; i < 500; ++i) lane.submit(1, [&order, i](int) { order.push_back(i); });
    lane.await();
    std::vector<int> expected(500);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(order == expected);
  }
}

TEST_CASE(
    "jobs: a job alone gets what it asks for, even more than there are CPUs; the next waits until some are free") {
  Lane lane{new_queue(3, 2), 5};
  std::atomic<int> first{0}, second{0};
  Gate gate;
  lane.submit(5, [&](int threads) {
    first = threads;
    gate.pass();
  });
  gate.await_arrivals(1);
  lane.submit(2, [&](int threads) { second = threads; });
  CHECK(second == 0);
  gate.open();
  lane.await();
  CHECK(first == 5);
  CHECK(second >= 1);
}

TEST_CASE("jobs: those that wait together share the free threads, in the lane and in the process") {
  for (const bool other_lane : {false, true}) {
    CAPTURE(other_lane);
    JobQueue& queue = new_queue(6, 4);
    Lane lane{queue, 4}, other{queue, 4, kSecond};
    Gate first, rest;
    lane.submit(4, [&](int) { first.pass(); });
    first.await_arrivals(1);
    std::atomic<int> got[2] = {0, 0};
    for (int i = 0; i < 2; ++i) {
      (other_lane && i == 1 ? other : lane).submit(4, [&, i](int threads) {
        got[i] = threads;
        rest.pass();
      });
    }
    first.open();
    rest.await_arrivals(2);  // for ever, if one took all
    CHECK(got[0] == 2);
    CHECK(got[1] == 2);
    rest.open();
    lane.await();
    other.await();
  }
}

TEST_CASE("jobs: a lane keeps to its threads though CPUs are free; other lanes and jobs without one pass it") {
  JobQueue& queue = new_queue(6, 8);
  Lane lane{queue, 2}, other{queue, 1, kSecond};
  Gate gate, passed;
  std::atomic<int> inside{0}, most{0};
  for (int i = 0; i < 5; ++i) {
    lane.submit(1, [&](int) {
      const int now = ++inside;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      gate.pass();
      --inside;
    });
  }
  gate.await_arrivals(2);
  other.submit(1, [&](int) { passed.pass(); });
  queue.submit(kSecond, {}, [&](int) { passed.pass(); });
  passed.await_arrivals(2);  // for ever, if they waited behind the lane
  passed.open();
  CHECK(gate.arrivals() == 2);
  gate.open();
  lane.await();
  other.await();
  CHECK(most == 2);
}

TEST_CASE("jobs: no more at a time than there are runners") {
  JobQueue& queue = new_queue(2);
  std::atomic<int> inside{0}, most{0}, ended{0};
  for (int i = 0; i < 200; ++i) {
    queue.submit(kFirst, {}, [&](int) {
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
    queue.submit(kFirst, {&queue, 1 + i, 1 + i}, [&, i](int threads) {
      ++runs;
      CHECK(threads == 1 + i);
    });
    CHECK(runs == i + 1);
  }
  queue.withdraw(kFirst);
}

TEST_CASE("jobs: withdraw drops the owner's waiting ones, and only those") {
  JobQueue& queue = new_queue(1);
  Gate gate;
  std::vector<int> order;
  Lane lane{queue, 1, kSecond};
  lane.submit(1, [&](int) { gate.pass(); });
  gate.await_arrivals(1);
  const auto held = std::make_shared<int>(0);
  for (int i = 0; i < 10; ++i) {
    queue.submit(i % 2 ? kFirst : kSecond, {&lane, 1, 1}, [&order, i, held](int) { order.push_back(i); });
  }
  CHECK(held.use_count() == 11);
  queue.withdraw(kFirst);  // it has none running: it does not wait
  CHECK(held.use_count() == 6);
  gate.open();
  lane.await();
  CHECK(order == std::vector<int>{0, 2, 4, 6, 8});
  CHECK(held.use_count() == 1);
}

TEST_CASE("jobs: withdraw returns after the owner's running ones, whose memory may then go") {
  JobQueue& queue = new_queue(3);
  for (int round = 0; round < 200; ++round) {
    auto buffer = std::make_unique<std::vector<int>>(64, 0);
    Gate gate;
    int begun = 0;
    queue.submit(kFirst, {&queue, 1 + round % 2, 2}, [&, out = buffer.get()](int) {
      gate.pass();
      begun = 1;
      std::fill(out->begin() + 4, out->end(), round);
    });
    for (int i = 0; i < 4; ++i) {
      queue.submit(kFirst, {}, [out = buffer.get(), i](int) { (*out)[static_cast<size_t>(i)] = i; });
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
      std::vector<int> own_order;  // of the jobs of one lane; they do not overlap
      for (int i = 0; i < kJobs; ++i) {
        const bool in_lane = i % 3 == 0;
        queue.submit(&owner, in_lane ? Demand{&owner, 1, 1} : Demand{}, [&, p, i, in_lane](int) {
          if (in_lane) own_order.push_back(i);
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
      queue.submit(kFirst, {&queue, 1 + i % 2, 2}, [&](int) {
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
