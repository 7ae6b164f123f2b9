// sbd without a disk (CM-12.5): where /etc/sysconfig/sbd is, it looks every second whether the cluster manager of its
// node is well, and lets the watchdog reset the node when it is not for too long.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/host.h"

namespace simcluster::node {

inline constexpr std::string_view kSbdFile = "/etc/sysconfig/sbd";

// SBD_WATCHDOG_TIMEOUT of the file's text; 5 s when it is not set or not readable.
Duration sbd_watchdog_timeout(std::string_view text);

class Sbd final : public TimerClient {
 public:
  // `healthy`: the node is in a partition with quorum, and its controller lives.
  Sbd(Host& host, Duration watchdog_timeout, std::function<bool()> healthy);
  ~Sbd();
  Sbd(const Sbd&) = delete;
  Sbd& operator=(const Sbd&) = delete;

  void start();
  // The cluster was stopped in order: nothing is watched any more.
  void stop();

  void on_timer(std::uint64_t cookie) override;

 private:
  Host& host_;
  Duration watchdog_timeout_;
  std::function<bool()> healthy_;
  TimerId timer_;
  bool was_healthy_ = false;  // before that there is nothing to lose
  Duration healthy_at_;       // uptime, the last time
};

}  // namespace simcluster::node
