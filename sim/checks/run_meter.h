// What happened when: from the first fault of a run to its detection, to the fencing of a node, to the service
// elsewhere.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/checks/judge.h"
#include "sim/checks/service_meter.h"

namespace simcluster::sim {

struct RunMeasures {
  // Since the first fault; none: it did not happen.
  std::optional<Duration>
      detection;                    // the cluster noticed something: a failed operation, a lost member, a lost network
  std::optional<Duration> fencing;  // a node was said to be off
  std::optional<Duration> service;  // whatever had gone down was up again
  int failovers = 0;                // starts of a resource on another node than before
};

class RunMeter {
 public:
  explicit RunMeter(const std::vector<std::string>& resources) : resources_(resources.begin(), resources.end()) {}
  void on_event(const TraceEvent& event);
  // Those whose starts are counted, from now on.
  void on_configuration(const std::vector<std::string>& resources) {
    resources_ = std::set<std::string>(resources.begin(), resources.end());
  }
  // What is up and down now. Call after every change of that.
  void on_services(const std::vector<ServiceMeasure>& services, Time now);
  const RunMeasures& measures() const { return measures_; }

 private:
  void note(std::optional<Duration>& measure, Time now);

  std::set<std::string> resources_;
  std::map<std::string, NodeIndex> homes_;
  std::optional<Time> fault_;
  bool interrupted_ = false;  // since then, some service
  RunMeasures measures_;
};

}  // namespace simcluster::sim
