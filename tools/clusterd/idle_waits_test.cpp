#include "tools/clusterd/idle_waits.h"

#include <atomic>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "tools/clusterd/file_descriptor.h"

namespace simcluster::clusterd {
namespace {

class Waits {
 public:
  Waits() {
    epoll_event event{};
    event.events = EPOLLIN;
    epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, source_.get(), &event);
  }
  int wait(int timeout) const {
    epoll_event event{};
    return epoll_wait(epoll_.get(), &event, 1, timeout);
  }
  void arrive() const {
    const std::uint64_t one = 1;
    EXPECT_EQ(write(source_.get(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
  }

 private:
  const FileDescriptor epoll_{epoll_create1(0)};
  const FileDescriptor source_{eventfd(0, 0)};
};

// A wait of so many milliseconds in a thread of its own.
class Waiter {
 public:
  explicit Waiter(int timeout)
      : thread_([this, timeout] {
          begun_ = true;
          result_ = waits_.wait(timeout);
        }) {
    while (!begun_) std::this_thread::yield();
  }
  // What the wait returned: 1 only if it was not over yet.
  int interrupted() {
    waits_.arrive();
    return result();
  }
  int result() {
    thread_.join();
    return result_;
  }

 private:
  const Waits waits_;
  std::atomic<bool> begun_ = false;
  int result_ = -1;
  std::thread thread_;
};

// How long a wait took says nothing on a busy machine, so the tests ask which of two is over first.
TEST(IdleWaits, LibknetsTickIsLongerAndNoOther) {
  Waiter tick(200);
  Waiter other(250);
  EXPECT_EQ(other.result(), 0);
  EXPECT_EQ(tick.interrupted(), 1);
}

TEST(IdleWaits, WhatArrivesWakesAtOnce) {
  const Waits waits;
  waits.arrive();
  EXPECT_EQ(waits.wait(200), 1);
}

// As if its time were over, and long before a long tick is; also one that is just about to wait.
TEST(IdleWaits, WhoIsWantedIsWoken) {
  Waiter half_a_tick(5000);
  for (int i = 0; i < 10; ++i) {
    Waiter tick(200);
    const NoIdleWaits no_idle_waits;
    EXPECT_EQ(tick.result(), 0);
  }
  EXPECT_EQ(half_a_tick.interrupted(), 1);
}

}  // namespace
}  // namespace simcluster::clusterd
