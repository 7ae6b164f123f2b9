// The watchdog's driver is a file here whose ioctl calls this program answers: what the daemon does with a device is
// recorded. (No kernel of ours has one to lend.)
#include "tools/clusterd/watchdog_device.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <linux/watchdog.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

struct Driver {
  std::optional<ino_t> file;  // whose descriptors are the device's
  bool can_set = true, can_tell = true;
  int least = 0;     // seconds
  int timeout = 60;  // seconds
  int fed = 0;
};
Driver driver;

int answer(unsigned long request, int* number) {
  const auto refuse = [] {
    errno = EOPNOTSUPP;
    return -1;
  };
  switch (request) {
    case WDIOC_SETTIMEOUT:
      if (!driver.can_set) return refuse();
      driver.timeout = *number = std::max(*number, driver.least);
      return 0;
    case WDIOC_GETTIMEOUT:
      if (!driver.can_tell) return refuse();
      *number = driver.timeout;
      return 0;
    case WDIOC_KEEPALIVE:
      ++driver.fed;
      return 0;
    default:
      return refuse();
  }
}

}  // namespace

extern "C" int ioctl(int fd, unsigned long request, ...) noexcept {
  va_list rest;
  va_start(rest, request);
  void* argument = va_arg(rest, void*);
  va_end(rest);
  struct stat status {};
  if (driver.file && fstat(fd, &status) == 0 && status.st_ino == *driver.file)
    return answer(request, static_cast<int*>(argument));
  return static_cast<int>(syscall(SYS_ioctl, fd, request, argument));
}

namespace simcluster::clusterd {
namespace {

class WatchdogDeviceTest : public ::testing::Test, TimerClient {
 protected:
  WatchdogDeviceTest() : path_(std::filesystem::temp_directory_path() / fmt::format("watchdog_{}", getpid())) {
    std::ofstream{path_};
    struct stat status {};
    EXPECT_EQ(stat(path_.c_str(), &status), 0);
    driver = {};
    driver.file = status.st_ino;
  }
  ~WatchdogDeviceTest() override {
    driver = {};
    std::filesystem::remove(path_);
  }
  Result<std::unique_ptr<WatchdogDevice>> open(Duration timeout) {
    return WatchdogDevice::open(*loop_, path_, timeout);
  }
  std::string written() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void run_for(Duration duration) {
    loop_->start_timer(duration, *this, 0);
    loop_->run();
  }

  const std::string path_;
  std::unique_ptr<EventLoop> loop_ = std::move(*EventLoop::create());

 private:
  void on_timer(std::uint64_t) override { loop_->stop(0); }
};

TEST_F(WatchdogDeviceTest, IsFedFourTimesAsOftenAsItBites) {
  auto device = open(seconds(1));
  ASSERT_TRUE(device);
  EXPECT_EQ(driver.timeout, 1);
  EXPECT_EQ(driver.fed, 1);  // at once
  // A busy machine is late, but not every time; it is never too early.
  Duration last = EventLoop::uptime(), shortest = seconds(120);
  for (const Duration end = last + shortest; shortest > milliseconds(400) && last < end;) {
    const int fed = driver.fed;
    while (driver.fed == fed) run_for(milliseconds(1));
    const Duration now = EventLoop::uptime();
    if (fed > 1) shortest = std::min(shortest, now - last);  // the first was before the clock was looked at
    last = now;
  }
  EXPECT_GT(shortest, milliseconds(100));
  EXPECT_LE(shortest, milliseconds(400));
  // The loop feeds it: while it stands still nobody does.
  const int fed = driver.fed;
  usleep(300'000);
  EXPECT_EQ(driver.fed, fed);
}

TEST_F(WatchdogDeviceTest, WhatTheDriverMakesOfTheTimeCounts) {
  driver.least = 10;
  EXPECT_EQ((*open(seconds(6)))->timeout(), seconds(10));
  driver.can_set = false;
  driver.timeout = 30;
  EXPECT_EQ((*open(seconds(6)))->timeout(), seconds(30));
}

// "Magic close": only that one letter disarms it.
TEST_F(WatchdogDeviceTest, DisarmedAfterACleanEndOnly) {
  open(seconds(6))->reset();
  EXPECT_EQ(written(), "");
  auto device = open(seconds(6));
  (*device)->release();
  EXPECT_EQ(written(), "V");
}

TEST_F(WatchdogDeviceTest, WhatIsNoWatchdogIsRefusedAndNotLeftArmed) {
  driver.can_set = driver.can_tell = false;
  const auto device = open(seconds(6));
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().message, fmt::format("cannot use {} as a watchdog: Operation not supported", path_));
  EXPECT_EQ(written(), "V");
  EXPECT_EQ(WatchdogDevice::open(*loop_, "/nowhere/watchdog", seconds(6)).error().message,
            "cannot open the watchdog /nowhere/watchdog: No such file or directory");
}

}  // namespace
}  // namespace simcluster::clusterd
