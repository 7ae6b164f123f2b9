// The judges over served addresses.
#pragma once

#include <vector>

#include "sim/checks/judge.h"

namespace simcluster::sim {

class TwoActives final : public Judge {
 public:
  explicit TwoActives(std::vector<WatchedService> services);
  std::string_view name() const override { return "two-actives"; }
  void on_settled(const Truth& truth, Time now) override;

 private:
  std::vector<WatchedService> services_;
  std::vector<bool> doubled_;
};

// Remembers since when each address has been where it is, so that a monitor's report can be held against it.
class FalseFailure final : public Judge {
 public:
  explicit FalseFailure(std::vector<WatchedService> services);
  std::string_view name() const override { return "false-failure"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;

 private:
  std::vector<WatchedService> services_;
  std::vector<Time> changed_;  // last time that the address was added or removed anywhere
};

// A stop has a cause when the scenario did something, or a machine or cable failed, within the last ten minutes; a
// failure that a monitor reported of a healthy address is none.
class NeedlessRecovery final : public Judge {
 public:
  explicit NeedlessRecovery(std::vector<WatchedService> services);
  std::string_view name() const override { return "needless-recovery"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;

 private:
  void on_removal(const TraceEvent& event, bool caused);

  static constexpr Duration kMemory = minutes(10);
  std::vector<WatchedService> services_;
  FalseFailure failures_;
  std::optional<Time> last_cause_;
};

}  // namespace simcluster::sim
