// The judges over served addresses.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/checks/judge.h"
#include "sim/checks/resource_places.h"

namespace simcluster::sim {

class TwoActives final : public Judge {
 public:
  explicit TwoActives(std::vector<WatchedService> services);
  std::string_view name() const override { return "two-actives"; }
  void on_settled(const Truth& truth, Time now) override;
  void on_configuration(const Watch& watch) override { services_ = watch.services; }

 private:
  std::vector<WatchedService> services_;
  std::set<IpAddress> doubled_;
};

// Remembers since when each address has been where it is, so that a monitor's report can be held against it.
class FalseFailure final : public Judge {
 public:
  explicit FalseFailure(std::vector<WatchedService> services);
  std::string_view name() const override { return "false-failure"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_configuration(const Watch& watch) override { services_ = watch.services; }

 private:
  std::vector<WatchedService> services_;
  std::map<std::string, Time> changed_;  // last time that an address was added or removed anywhere
};

// Why the cluster may stop something that is well. What the cluster has been told of - a command, a member that comes
// or goes, an attribute that changes, a failure that is none of the false ones - explains everything until the cluster
// has come to rest afterwards. A fault may go unnoticed for a while: it explains for ten minutes, or until the rest
// after something was noticed. A false failure explains nothing, and ends what went before. Time alone explains when a
// condition of a rule, or the end of a failure-timeout, has come since the last rest.
class Causes {
 public:
  explicit Causes(const WatchedConfiguration& configuration = {})
      : time_conditions_(configuration.time_conditions), failure_timeouts_(configuration.failure_timeouts) {}
  void on_event(const TraceEvent& event, bool caused);
  // Who changed it had asked: until the cluster has come to rest, that explains everything.
  void on_configuration(const WatchedConfiguration& configuration);
  void deceived();
  bool explain(Time now) const;

 private:
  static constexpr Duration kUnnoticed = minutes(10);
  bool known_ = false;
  std::optional<Time> fault_;
  std::function<std::vector<bool>(Time)> time_conditions_;
  std::map<std::string, Duration, std::less<>> failure_timeouts_;
  std::vector<Time> forgotten_;  // when failures are
  Time rested_;
};

class NeedlessRecovery final : public Judge {
 public:
  // Those that may run once and have no address are judged by their stops.
  explicit NeedlessRecovery(std::vector<WatchedService> services, const WatchedConfiguration& configuration = {});
  std::string_view name() const override { return "needless-recovery"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_configuration(const Watch& watch) override;

 private:
  void on_stop(const TraceEvent& event);

  std::vector<WatchedService> services_;
  std::set<std::string> resources_;
  ResourcePlaces places_;
  FalseFailure failures_;
  std::size_t false_ones_ = 0;
  Causes causes_;
};

}  // namespace simcluster::sim
