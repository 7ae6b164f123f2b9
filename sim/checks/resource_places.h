// Where resources really are: by what their agents did, and by the machines that lost their power. What the cluster
// believes does not count.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/checks/judge.h"

namespace simcluster::sim {

class ResourcePlaces {
 public:
  // Where, and since when.
  using Places = std::map<NodeIndex, Time>;

  void on_event(const TraceEvent& event);
  const Places& of(const std::string& resource) const;

 private:
  std::map<std::string, Places> places_;
};

// A successful start or stop of a resource, as its executor reports it.
bool is_done(const TraceEvent& event, std::string_view operation);
// Those of `resources` that serve no address of `services`.
std::set<std::string> without_address(const std::vector<std::string>& resources,
                                      const std::vector<WatchedService>& services);
// Whatever ran on the event's machine is gone.
bool loses_power(const TraceEvent& event);

}  // namespace simcluster::sim
