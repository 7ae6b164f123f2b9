#include "tools/clusterd/watchdog_device.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tools/clusterd/system_error.h"

namespace simcluster::clusterd {

Result<std::unique_ptr<WatchdogDevice>> WatchdogDevice::open(EventLoop& loop, const std::string& path,
                                                             Duration timeout) {
  FileDescriptor device(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!device) return system_failure(fmt::format("open the watchdog {}", path));
  int whole_seconds = static_cast<int>(timeout.seconds());
  if (ioctl(device.get(), WDIOC_SETTIMEOUT, &whole_seconds) != 0 &&
      ioctl(device.get(), WDIOC_GETTIMEOUT, &whole_seconds) != 0) {
    const int error = errno;
    static_cast<void>(!::write(device.get(), "V", 1));
    return system_failure(fmt::format("use {} as a watchdog", path), error);
  }
  return std::unique_ptr<WatchdogDevice>(new WatchdogDevice(loop, std::move(device), seconds(whole_seconds)));
}

WatchdogDevice::WatchdogDevice(EventLoop& loop, FileDescriptor device, Duration timeout)
    : loop_(loop), device_(std::move(device)), timeout_(timeout) {
  on_timer(0);
}

WatchdogDevice::~WatchdogDevice() { loop_.cancel_timer(timer_); }

void WatchdogDevice::on_timer(std::uint64_t) {
  ioctl(device_.get(), WDIOC_KEEPALIVE, 0);
  timer_ = loop_.start_timer(timeout_ / 4, *this, 0);
}

void WatchdogDevice::release() { static_cast<void>(!::write(device_.get(), "V", 1)); }

}  // namespace simcluster::clusterd
