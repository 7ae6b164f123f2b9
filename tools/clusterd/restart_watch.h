// Ends the maintenance mode of a `clusterctl restart` that did not end it itself: the daemon did not come back, or
// whoever had asked for the restart is gone.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/base/host.h"
#include "engine/base/time.h"
#include "engine/node/node.h"
#include "tools/clusterd/event_loop.h"

namespace simcluster::clusterd {

class RestartWatch final : TimerClient {
 public:
  using Log = std::function<void(LogPriority priority, const std::string& text)>;
  // Looks at the CIB every few seconds where `node` is the DC. After the time that the restart was given: a node that
  // is back ends the mode. One that is not may still run what it had; it is fenced first, and the mode ends when that
  // has succeeded. Without fencing nobody can know, and the mode stays.
  RestartWatch(EventLoop& loop, node::Node& node, Log log);
  ~RestartWatch();
  RestartWatch(const RestartWatch&) = delete;
  RestartWatch& operator=(const RestartWatch&) = delete;

 private:
  void on_timer(std::uint64_t) override;
  void look();
  void see_to(const std::string& victim, Time until);
  bool is_back(std::string_view victim) const;
  bool was_fenced(std::string_view victim, Time since) const;
  void end_mode();
  void remove(std::string_view name);
  Time now() const;

  EventLoop& loop_;
  node::Node& node_;
  const Log log_;
  TimerId timer_;
  Time asked_;  // for the fencing
};

}  // namespace simcluster::clusterd
