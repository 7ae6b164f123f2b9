#include "engine/node/sbd.h"

#include <gtest/gtest.h>

#include "engine/base/testing_host.h"

namespace simcluster::node {
namespace {

TEST(Sbd, TimeoutOfTheFile) {
  EXPECT_EQ(sbd_watchdog_timeout("SBD_PACEMAKER=yes\nSBD_WATCHDOG_TIMEOUT=\"8\"\n"), seconds(8));
  EXPECT_EQ(sbd_watchdog_timeout("#SBD_WATCHDOG_TIMEOUT=8\n"), seconds(5));
  EXPECT_EQ(sbd_watchdog_timeout("SBD_WATCHDOG_TIMEOUT=soon\n"), seconds(5));
}

// CM-12.5: a node that was never well is left alone, a short weakness is forgiven, a long one is not.
TEST(Sbd, ResetsANodeThatStaysUnhealthy) {
  TestingClock clock;
  TestingHost host(clock, "node1");
  bool healthy = false;
  Sbd sbd(host, seconds(5), [&] { return healthy; });
  sbd.start();
  clock.run_for(minutes(1));
  healthy = true;
  clock.run_for(seconds(10));
  healthy = false;
  clock.run_for(seconds(5));
  healthy = true;
  clock.run_for(seconds(10));
  EXPECT_FALSE(host.was_reset());
  healthy = false;
  clock.run_for(seconds(4));
  EXPECT_FALSE(host.was_reset());
  clock.run_for(seconds(4));
  EXPECT_TRUE(host.was_reset());
}

TEST(Sbd, StopsInOrder) {
  TestingClock clock;
  TestingHost host(clock, "node1");
  bool healthy = true;
  Sbd sbd(host, seconds(5), [&] { return healthy; });
  sbd.start();
  clock.run_for(seconds(10));
  sbd.stop();
  healthy = false;
  clock.run_for(minutes(1));
  EXPECT_FALSE(host.was_reset());
}

}  // namespace
}  // namespace simcluster::node
