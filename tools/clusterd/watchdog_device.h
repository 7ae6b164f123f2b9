// /dev/watchdog: resets the machine when the daemon no longer turns.
#pragma once

#include <memory>
#include <string>

#include "engine/base/error.h"
#include "engine/base/host.h"
#include "engine/base/time.h"
#include "tools/clusterd/event_loop.h"
#include "tools/clusterd/file_descriptor.h"

namespace simcluster::clusterd {

class WatchdogDevice final : TimerClient {
 public:
  // Arms the device: from now on the machine is reset when it is not fed for `timeout` (whole seconds; what the driver
  // made of it counts). It is fed four times as often. The loop feeds it, so a loop that hangs starves it.
  static Result<std::unique_ptr<WatchdogDevice>> open(EventLoop& loop, const std::string& path, Duration timeout);
  // Disarms only after release(); otherwise the machine is reset, as it is after a crash of the daemon.
  ~WatchdogDevice();
  WatchdogDevice(const WatchdogDevice&) = delete;
  WatchdogDevice& operator=(const WatchdogDevice&) = delete;

  // A clean end: the device is disarmed (where the driver was not told never to).
  void release();
  Duration timeout() const { return timeout_; }

 private:
  WatchdogDevice(EventLoop& loop, FileDescriptor device, Duration timeout);
  void on_timer(std::uint64_t) override;

  EventLoop& loop_;
  FileDescriptor device_;
  Duration timeout_;
  TimerId timer_;
};

}  // namespace simcluster::clusterd
