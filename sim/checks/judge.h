// Judges look at the simulated truth, never at what the cluster believes.
#pragma once

#include <memory>
#include <optional>
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

// An address that the cluster serves by a resource.
struct WatchedService {
  std::string resource;
  IpAddress address;
};

struct Finding {
  Time at;
  NodeIndex node;
  std::string text;
};

// What judges may ask: where an address really is, on interfaces that are up, of machines that run.
class Truth {
 public:
  struct Place {
    NodeIndex machine;
    bool carrier = false;
  };
  virtual ~Truth() = default;
  virtual std::vector<Place> places(const IpAddress& address) const = 0;
  virtual std::string machine_name(NodeIndex machine) const = 0;
};

class Judge {
 public:
  virtual ~Judge() = default;
  virtual std::string_view name() const = 0;
  // Something happened. `caused` is true while the scenario itself acts (a fault, a command): what happens then was
  // asked for.
  virtual void on_event(const Truth& truth, const TraceEvent& event, bool caused) {
    static_cast<void>(truth);
    static_cast<void>(event);
    static_cast<void>(caused);
  }
  // All that one instant brought has happened: the truth can be looked at.
  virtual void on_settled(const Truth& truth, Time now) {
    static_cast<void>(truth);
    static_cast<void>(now);
  }

  const std::vector<Finding>& findings() const { return findings_; }

 protected:
  void found(Time at, NodeIndex node, std::string text) { findings_.push_back({at, node, std::move(text)}); }

 private:
  std::vector<Finding> findings_;
};

// two-actives:        an address is up on two machines at once.
// false-failure:      a recurring monitor reports a failure of an address that was there all the time.
// needless-recovery:  the cluster took away an address that answered, and nobody had asked.
std::span<const std::string_view> judge_names();
// All judges, in the order of their names.
std::vector<std::unique_ptr<Judge>> make_judges(const std::vector<WatchedService>& services);

// The value of an event's field as text; empty when there is none.
std::string field_text(const TraceEvent& event, std::string_view name);
std::int64_t field_number(const TraceEvent& event, std::string_view name);

}  // namespace simcluster::sim
