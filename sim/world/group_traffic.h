// A process in a closed process group: sends numbered messages and reports what it sends and gets to the trace.
#pragma once

#include <memory>
#include <string>

#include "engine/base/host.h"
#include "engine/membership/group.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {

class GroupTraffic final : private TimerClient, private membership::GroupClient {
 public:
  // Joins the group and begins to send. `name` tells the sender's lives apart: messages are named NAME/1, NAME/2 and so
  // on. `host` and `service` must outlive it.
  static Result<std::unique_ptr<GroupTraffic>> start(Host& host, membership::GroupService& service,
                                                     const TrafficSpec& spec, std::string name);
  ~GroupTraffic();
  GroupTraffic(const GroupTraffic&) = delete;
  GroupTraffic& operator=(const GroupTraffic&) = delete;

 private:
  GroupTraffic(Host& host, const TrafficSpec& spec, std::string name);

  void on_timer(std::uint64_t cookie) override;
  void on_deliver(const membership::GroupMember& sender, std::span<const std::byte> bytes) override;
  void on_configuration(const membership::GroupConfiguration& configuration) override;
  void send_one();

  Host& host_;
  const TrafficSpec spec_;
  const std::string name_;
  std::uint64_t sent_ = 0;
  bool joined_ = false;
  TimerId timer_;
  std::unique_ptr<membership::Group> group_;
};

}  // namespace simcluster::sim
