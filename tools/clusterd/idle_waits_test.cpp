#include "tools/clusterd/idle_waits.h"

#include <atomic>
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

// What a wait returns says nothing about how long it took on a busy machine, so the tests ask in what order things
// happen.
class IdleWaitsTest : public ::testing::Test {
 protected:
  int wait(int timeout) const {
    epoll_event event{};
    return epoll_wait(epoll_.get(), &event, 1, timeout);
  }
  const FileDescriptor epoll_{epoll_create1(0)};
};

TEST_F(IdleWaitsTest, LibknetsTickIsLonger) {
  std::atomic<bool> over = false;
  std::thread thread([&] {
    wait(200);
    over = true;
  });
  std::this_thread::sleep_for(milliseconds(600));
  EXPECT_FALSE(over);
  const NoIdleWaits no_idle_waits;
  thread.join();
}

TEST_F(IdleWaitsTest, OthersAreWhatTheyWere) {
  std::atomic<int> result = -1;
  std::thread thread([&] { result = wait(250); });
  std::this_thread::sleep_for(milliseconds(5000));  // half a long tick
  EXPECT_EQ(result, 0);
  thread.join();
}

TEST_F(IdleWaitsTest, WhatArrivesWakesAtOnce) {
  const FileDescriptor source(eventfd(1, 0));
  epoll_event event{};
  event.events = EPOLLIN;
  ASSERT_EQ(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, source.get(), &event), 0);
  EXPECT_EQ(wait(200), 1);
}

TEST_F(IdleWaitsTest, WhoIsWantedIsWoken) {
  std::atomic<int> result = -1;
  std::atomic<bool> begun = false;
  std::thread thread([&] {
    begun = true;
    result = wait(200);
  });
  while (!begun) std::this_thread::yield();
  std::this_thread::sleep_for(milliseconds(100));
  const NoIdleWaits no_idle_waits;
  std::this_thread::sleep_for(milliseconds(5000));
  EXPECT_EQ(result, 0);  // as if its time were over, and long before a long tick is
  thread.join();
}

}  // namespace
}  // namespace simcluster::clusterd
