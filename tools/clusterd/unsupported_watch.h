// Tells in the log what the cluster's CIB asks for and clusterd does not do.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "engine/base/host.h"
#include "engine/node/node.h"
#include "tools/clusterd/event_loop.h"

namespace simcluster::clusterd {

class UnsupportedWatch final : TimerClient {
 public:
  using Log = std::function<void(LogPriority priority, const std::string& text)>;
  // Looks at the configuration of `node` every few seconds when it has changed; each sentence is told once.
  UnsupportedWatch(EventLoop& loop, const node::Node& node, Log log);
  ~UnsupportedWatch();
  UnsupportedWatch(const UnsupportedWatch&) = delete;
  UnsupportedWatch& operator=(const UnsupportedWatch&) = delete;

 private:
  void on_timer(std::uint64_t) override;

  EventLoop& loop_;
  const node::Node& node_;
  const Log log_;
  TimerId timer_;
  std::string seen_;            // epochs of the configuration looked at last
  std::set<std::string> told_;  // of that configuration
};

}  // namespace simcluster::clusterd
