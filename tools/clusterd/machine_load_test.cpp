#include "tools/clusterd/machine_load.h"

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

// CM-7.13. A second of work is nearly a whole core where the machine is free, and a good part of one where it is not.
TEST(MachineLoad, AThreadThatWorksIsSeen) {
  MachineLoad load;
  const Duration start = EventLoop::uptime();
  std::uint64_t work = 0;
  while (EventLoop::uptime() - start < milliseconds(1050)) work = work * 3 + 1;
  EXPECT_NE(work, 0U);
  const HostLoad busy = load.sample();
  EXPECT_GT(busy.cib_cpu, 5);
  EXPECT_LE(busy.cib_cpu, 101);
  // Sooner than a second later the answer is the same.
  EXPECT_EQ(load.sample().cib_cpu, busy.cib_cpu);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  EXPECT_LT(load.sample().cib_cpu, busy.cib_cpu);
}

}  // namespace
}  // namespace simcluster::clusterd
