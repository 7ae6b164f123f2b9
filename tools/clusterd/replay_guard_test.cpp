#include "tools/clusterd/replay_guard.h"

#include <gtest/gtest.h>

namespace simcluster::clusterd {
namespace {

TEST(ReplayGuard, EverySenderHasAWindowOfItsOwn) {
  ReplayGuard first(ClusterNodeId(1), 7), second(ClusterNodeId(2), 5), third(ClusterNodeId(3), 5);
  const auto one = second.next(), two = second.next(), other = third.next();
  EXPECT_TRUE(first.first_time(two));
  EXPECT_TRUE(first.first_time(one));
  EXPECT_TRUE(first.first_time(other));
  for (const auto& mark : {one, two, other}) EXPECT_FALSE(first.first_time(mark));
  EXPECT_EQ(first.replayed(), 3U);
}

TEST(ReplayGuard, AnotherLifeEndsTheOneBefore) {
  ReplayGuard first(ClusterNodeId(1), 7), before(ClusterNodeId(2), 5), after(ClusterNodeId(2), 6);
  const auto kept = before.next();
  EXPECT_TRUE(first.first_time(after.next()));
  EXPECT_FALSE(first.first_time(kept));
}

TEST(ReplayGuard, WhatItSaidItselfIsNobodyElses) {
  ReplayGuard self(ClusterNodeId(1), 7);
  EXPECT_FALSE(self.first_time(self.next()));
}

TEST(ReplayGuard, SoManySendersAndNoMore) {
  ReplayGuard self(ClusterNodeId(1), 7);
  for (std::uint32_t node = 2; node < 2 + ReplayGuard::kMaxSenders; ++node) EXPECT_TRUE(self.first_time({node, 1, 1}));
  EXPECT_FALSE(self.first_time({5000, 1, 1}));
  EXPECT_TRUE(self.first_time({2, 1, 2}));
}

}  // namespace
}  // namespace simcluster::clusterd
