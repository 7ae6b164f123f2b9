// The judges over resources: where they really are, and in which order they really come and go.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sim/checks/judge.h"
#include "sim/checks/resource_places.h"

namespace simcluster::sim {

// A resource that may run once runs on two machines. Those that serve an address are left to the judge of addresses.
class TwoActiveResources final : public Judge {
 public:
  explicit TwoActiveResources(const std::vector<std::string>& resources,
                              const std::vector<WatchedService>& services = {})
      : resources_(without_address(resources, services)) {}
  std::string_view name() const override { return "two-active-resources"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_configuration(const Watch& watch) override {
    resources_ = without_address(watch.configuration.single, watch.services);
  }

 private:
  std::set<std::string> resources_;
  ResourcePlaces places_;
};

// A resource that may run once is started while another node on which it runs is to be fenced and has still power. Who
// says that the node is off does not matter.
class StartBeforeFencing final : public Judge {
 public:
  explicit StartBeforeFencing(const std::vector<std::string>& resources)
      : resources_(resources.begin(), resources.end()) {}
  std::string_view name() const override { return "start-before-fencing"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_configuration(const Watch& watch) override { resources_ = without_address(watch.configuration.single, {}); }

 private:
  std::set<std::string> resources_;
  std::set<std::string> fencing_;  // nodes by name
  ResourcePlaces places_;
};

// A resource that says so is started on a node that no device has switched on since it joined its partition.
class StartBeforeUnfencing final : public Judge {
 public:
  explicit StartBeforeUnfencing(const std::vector<std::string>& resources)
      : resources_(resources.begin(), resources.end()) {}
  std::string_view name() const override { return "start-before-unfencing"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_configuration(const Watch& watch) override { resources_ = without_address(watch.configuration.unfenced, {}); }

 private:
  std::set<std::string> resources_;
  std::map<std::string, Time> unfenced_;  // nodes by name, and since when
};

// Mandatory orders hold in reality: `then` begins to start only when `first` runs, `first` stops only when `then` is
// gone.
class OrderInReality final : public Judge {
 public:
  explicit OrderInReality(std::vector<WatchedPair> orders) : orders_(std::move(orders)) {}
  std::string_view name() const override { return "order"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_configuration(const Watch& watch) override { orders_ = watch.configuration.orders; }

 private:
  std::vector<WatchedPair> orders_;
  ResourcePlaces places_;
};

// A resource that must be with another one is started where the other one runs.
class ColocationInReality final : public Judge {
 public:
  explicit ColocationInReality(std::vector<WatchedPair> pairs) : pairs_(std::move(pairs)) {}
  std::string_view name() const override { return "colocation"; }
  void on_event(const Truth& truth, const TraceEvent& event, bool caused) override;
  void on_configuration(const Watch& watch) override { pairs_ = watch.configuration.colocations; }

 private:
  std::vector<WatchedPair> pairs_;
  ResourcePlaces places_;
};

}  // namespace simcluster::sim
