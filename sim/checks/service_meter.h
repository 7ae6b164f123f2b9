// How long each service was really there: measured on the simulated truth, to the nanosecond.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/checks/judge.h"

namespace simcluster::sim {

struct ServiceMeasure {
  // Where the address is unspecified the service is a resource that runs or does not.
  WatchedService service;
  std::optional<Time> first_up;  // none: it never answered or ran
  Duration down;                 // since first_up, until the last settled moment
  int outages = 0;
  Duration longest;
  bool up = false;     // now
  bool wanted = true;  // now, by the configuration
};

// An address is up where somebody on its network would reach it. Any other resource is up from the end of its start
// until the end of its stop, until its machine loses its power, or until a recurring monitor tells that it has failed
// (and the next one that it has not): nobody but its agent can see that.
class ServiceMeter {
 public:
  // `resources` that serve an address are measured by that.
  explicit ServiceMeter(const std::vector<WatchedService>& services, const std::vector<std::string>& resources = {});
  // What is to be measured from now on, as above. What is no longer among it keeps what was measured so far: who takes
  // a resource out of the configuration wants no service of it.
  void on_configuration(const std::vector<WatchedService>& services, const std::vector<std::string>& resources,
                        Time now);
  // What agents did, and machines. True when a resource is up or down now that was not before.
  bool on_event(const TraceEvent& event);
  // Looks at the truth. Call after every change.
  void settle(const Truth& truth, Time now);
  // Counts an outage that still goes on. Call once, at the end.
  void finish(Time now);
  const std::vector<ServiceMeasure>& measures() const { return measures_; }

 private:
  void want(const WatchedService& service);
  bool note(std::size_t index, bool up, Time now);
  void begin(std::size_t index, Time now);
  void end_outage(std::size_t index, Time now);

  std::vector<ServiceMeasure> measures_;
  std::vector<bool> counts_;  // it has been up since it was wanted: when it is not, that is an outage
  std::vector<Time> down_since_;
  std::vector<std::set<NodeIndex>> places_;  // of resources without an address
};

}  // namespace simcluster::sim
