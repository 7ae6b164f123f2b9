#include "tools/clusterctl/wait_idle.h"

#include <chrono>

#include <gtest/gtest.h>

namespace simcluster::clusterctl {
namespace {

TEST(SecondsOf, WholeSeconds) {
  EXPECT_EQ(seconds_of("30"), std::chrono::seconds(30));
  EXPECT_EQ(seconds_of("5s"), std::chrono::seconds(5));
  for (const char* text : {"", "s", "x", "-1", "5m", "99999999999999"}) EXPECT_FALSE(seconds_of(text)) << text;
}

}  // namespace
}  // namespace simcluster::clusterctl
