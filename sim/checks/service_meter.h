// How long each service really answered: measured on the simulated truth, to the nanosecond.
#pragma once

#include <optional>
#include <vector>

#include "sim/checks/judge.h"

namespace simcluster::sim {

struct ServiceMeasure {
  WatchedService service;
  std::optional<Time> first_up;  // none: it never answered
  Duration down;                 // since first_up, until the last settled moment
  int outages = 0;
  Duration longest;
  bool up = false;  // now
};

class ServiceMeter {
 public:
  explicit ServiceMeter(const std::vector<WatchedService>& services);
  // Looks at the truth. Call after every change.
  void settle(const Truth& truth, Time now);
  // Counts an outage that still goes on. Call once, at the end.
  void finish(Time now);
  const std::vector<ServiceMeasure>& measures() const { return measures_; }

 private:
  void end_outage(std::size_t index, Time now);

  std::vector<ServiceMeasure> measures_;
  std::vector<Time> down_since_;
};

}  // namespace simcluster::sim
