#include "tools/clusterd/idle_waits.h"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tools/clusterd/file_descriptor.h"

namespace simcluster::clusterd {
namespace {

using std::chrono::milliseconds;

class IdleWaitsTest : public ::testing::Test {
 protected:
  // What epoll_wait returned, and after how many milliseconds.
  std::pair<int, std::int64_t> wait(int timeout) const {
    const auto begin = std::chrono::steady_clock::now();
    epoll_event event{};
    const int ready = epoll_wait(epoll_.get(), &event, 1, timeout);
    const auto took = std::chrono::steady_clock::now() - begin;
    return {ready, std::chrono::duration_cast<milliseconds>(took).count()};
  }
  const FileDescriptor epoll_{epoll_create1(0)};
};

TEST_F(IdleWaitsTest, LibknetsTickIsLonger) {
  std::pair<int, std::int64_t> result;
  std::thread thread([&] { result = wait(200); });
  std::this_thread::sleep_for(milliseconds(600));
  const NoIdleWaits no_idle_waits;
  thread.join();
  EXPECT_GE(result.second, 600);
}

TEST_F(IdleWaitsTest, OthersAreWhatTheyWere) {
  const auto [ready, took] = wait(250);
  EXPECT_EQ(ready, 0);
  EXPECT_LT(took, 900);
}

TEST_F(IdleWaitsTest, WhatArrivesWakesAtOnce) {
  const FileDescriptor source(eventfd(1, 0));
  epoll_event event{};
  event.events = EPOLLIN;
  ASSERT_EQ(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, source.get(), &event), 0);
  const auto [ready, took] = wait(200);
  EXPECT_EQ(ready, 1);
  EXPECT_LT(took, 900);
}

TEST_F(IdleWaitsTest, WhoIsWantedIsWoken) {
  std::pair<int, std::int64_t> result;
  std::thread thread([&] { result = wait(200); });
  std::this_thread::sleep_for(milliseconds(100));
  {
    const NoIdleWaits no_idle_waits;
    thread.join();
    EXPECT_LT(wait(200).second, 900);
  }
  EXPECT_EQ(result.first, 0);  // as if its time were over
  EXPECT_LT(result.second, 5000);
}

}  // namespace
}  // namespace simcluster::clusterd
