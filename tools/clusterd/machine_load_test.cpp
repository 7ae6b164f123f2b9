#include "tools/clusterd/machine_load.h"

#include <chrono>
#include <ctime>
#include <thread>

#include <gtest/gtest.h>

#include "tools/clusterd/event_loop.h"

namespace simcluster::clusterd {
namespace {

TEST(MachineLoad, HundredthsOfTheFirstNumber) {
  EXPECT_EQ(load_average_of("0.00 0.01 0.05 1/123 4567\n"), 0);
  EXPECT_EQ(load_average_of("12.34 0.01 0.05 1/123 4567\n"), 1234);
  EXPECT_EQ(load_average_of("1.05"), 105);
}

TEST(MachineLoad, WhatIsNoLoadAverageIsNoLoad) {
  for (const char* text : {"", "1", "1.", "1.2", "a.bc 1", "-1.00", "99999999999999999999.00"})
    EXPECT_EQ(load_average_of(text), 0) << text;
}

TEST(MachineLoad, ThereIsACore) { EXPECT_GE(usable_cores(), 1); }

Duration cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// CM-7.13. What a thread gets of a busy machine is little, but it can be asked.
TEST(MachineLoad, AThreadThatWorksIsSeen) {
  const Duration before = EventLoop::uptime(), used_before = cpu_time();
  MachineLoad load;
  const Duration begin = EventLoop::uptime(), used_begin = cpu_time();
  const auto worked_enough = [&] {
    const Duration passed = EventLoop::uptime() - begin, used = cpu_time() - used_begin;
    return passed > milliseconds(1050) && (used.ns > passed.ns / 25 || passed > seconds(20));
  };
  std::uint64_t work = 0;
  while (!worked_enough()) work = work * 3 + 1;
  EXPECT_NE(work, 0U);
  const Duration passed_least = EventLoop::uptime() - begin, used_least = cpu_time() - used_begin;
  const Duration sampled = EventLoop::uptime();
  const HostLoad busy = load.sample();
  const Duration passed_most = EventLoop::uptime() - before, used_most = cpu_time() - used_before;
  // Kernels count what a thread has used in ticks or exactly.
  EXPECT_GE(busy.cib_cpu, used_least.ns * 100 / passed_most.ns - 2);
  EXPECT_LE(busy.cib_cpu, used_most.ns * 100 / passed_least.ns + 2);
  if (busy.cib_cpu < 2) GTEST_SKIP() << "the machine is too busy";
  // Sooner than a second later the answer is the same.
  const HostLoad again = load.sample();
  if (EventLoop::uptime() - sampled < seconds(1)) {
    EXPECT_EQ(again.cib_cpu, busy.cib_cpu);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_LT(load.sample().cib_cpu, busy.cib_cpu);
}

}  // namespace
}  // namespace simcluster::clusterd
