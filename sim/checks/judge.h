// Judges look at the simulated truth, never at what the cluster believes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/base/trace.h"

namespace simcluster::sim {

class World;

// An address that the cluster serves.
struct WatchedService {
  std::string resource;
  IpAddress address;
};

struct Finding {
  Time at;
  NodeIndex node;
  std::string text;
};

class Judge {
 public:
  virtual ~Judge() = default;
  virtual std::string_view name() const = 0;
  // Something happened. `caused` is true while the scenario itself acts (a fault, a command): what happens then was
  // asked for.
  virtual void on_event(const World& world, const TraceEvent& event, bool caused) = 0;
  // All that one instant brought has happened: the truth can be looked at.
  virtual void on_settled(const World& world) { static_cast<void>(world); }

  const std::vector<Finding>& findings() const { return findings_; }

 protected:
  void found(Time at, NodeIndex node, std::string text) { findings_.push_back({at, node, std::move(text)}); }

 private:
  std::vector<Finding> findings_;
};

// The names of all judges.
std::span<const std::string_view> judge_names();
// All judges, in the order of their names.
std::vector<std::unique_ptr<Judge>> make_judges(const std::vector<WatchedService>& services);

}  // namespace simcluster::sim
