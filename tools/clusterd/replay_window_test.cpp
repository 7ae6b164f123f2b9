#include "tools/clusterd/replay_window.h"

#include <gtest/gtest.h>

namespace simcluster::clusterd {
namespace {

TEST(ReplayWindow, EveryFrameOnce) {
  ReplayWindow window;
  for (std::uint64_t i = 1; i <= 3 * ReplayWindow::kWindow; ++i) {
    EXPECT_TRUE(window.first_time(7, i));
    EXPECT_FALSE(window.first_time(7, i));
  }
}

TEST(ReplayWindow, LinksOvertakeEachOther) {
  ReplayWindow window;
  EXPECT_TRUE(window.first_time(7, 10));
  EXPECT_TRUE(window.first_time(7, 13));
  EXPECT_TRUE(window.first_time(7, 11));
  EXPECT_FALSE(window.first_time(7, 11));
  EXPECT_TRUE(window.first_time(7, 12));
  EXPECT_FALSE(window.first_time(7, 13));
}

TEST(ReplayWindow, WhatIsTooFarBehindIsNotTold) {
  ReplayWindow window;
  EXPECT_TRUE(window.first_time(7, 1));
  EXPECT_TRUE(window.first_time(7, 1 + ReplayWindow::kWindow));
  EXPECT_FALSE(window.first_time(7, 1));
  EXPECT_TRUE(window.first_time(7, 2));
  EXPECT_TRUE(window.first_time(7, 10 * ReplayWindow::kWindow));
  EXPECT_FALSE(window.first_time(7, 1 + ReplayWindow::kWindow));
}

TEST(ReplayWindow, AFormerLifeIsOver) {
  ReplayWindow window;
  EXPECT_TRUE(window.first_time(7, 100));
  EXPECT_TRUE(window.first_time(8, 1));
  EXPECT_FALSE(window.first_time(7, 101));
  EXPECT_FALSE(window.first_time(8, 1));
  EXPECT_TRUE(window.first_time(8, 2));
}

}  // namespace
}  // namespace simcluster::clusterd
