// ifcheckd of pm_extras 2 (CM-9.14): a node attribute for each of the node's rings, "ringnumber_0" := "10.0.0.1 is UP"
// or "... is FAULTY", told when it changes, deleted while pacemakerd is not there.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/host.h"

namespace simcluster::node {

// Attributes and their values, of what `corosync-cfgtool -s` prints.
std::map<std::string, std::string> ring_attributes(std::string_view cfgtool_output);

class RingAttributes final : public TimerClient {
 public:
  struct Ties {
    std::function<std::string()> status;    // what `corosync-cfgtool -s` prints
    std::function<bool()> manager_listens;  // pacemakerd is there, and the node has joined
    std::function<void(std::string_view name, std::optional<std::string_view> value)> update;
  };

  RingAttributes(Host& host, Ties ties);
  ~RingAttributes();
  RingAttributes(const RingAttributes&) = delete;
  RingAttributes& operator=(const RingAttributes&) = delete;

  void start();
  // The cluster manager stops: the attributes go with the node.
  void stop();

  void on_timer(std::uint64_t cookie) override;

 private:
  Host& host_;
  Ties ties_;
  TimerId timer_;
  std::map<std::string, std::string> told_;
};

}  // namespace simcluster::node
