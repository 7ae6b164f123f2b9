// Judges look at the simulated truth, never at what the cluster believes.
#pragma once

#include <functional>
#include <map>
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
#include "sim/world/storage_use.h"

namespace simcluster::sim {

class World;

// An address that the cluster serves by a resource.
struct WatchedService {
  std::string resource;
  IpAddress address;
};

// Two resources of a constraint: `first` before `second`, or `first` with `second`.
struct WatchedPair {
  std::string first;
  std::string second;
};

// What the configuration asks for, as far as judges hold it against reality.
struct WatchedConfiguration {
  std::vector<std::string> single;  // primitives that may run once
  std::vector<WatchedPair> orders;
  std::vector<WatchedPair> colocations;
  std::vector<std::string> unfenced;  // primitives that say `requires=unfencing`
  // Which of the conditions on time in rules hold at a moment, in a fixed order; none: there are no such rules.
  std::function<std::vector<bool>(Time)> time_conditions = {};
  // Primitives whose failures are forgotten after a while (`failure-timeout`).
  std::map<std::string, Duration, std::less<>> failure_timeouts = {};
};

// The services of a cluster, and what else its configuration asks for.
struct WatchedCluster {
  std::vector<WatchedService> services = {};
  WatchedConfiguration configuration = {};
};

// What the judges are told of the cluster: before the run, and whenever its configuration has changed.
struct Watch {
  std::vector<WatchedService> services;
  WatchedConfiguration configuration = {};
  // The configuration lets both sides of a split be quorate (two_node, VQ-3): the fencing race decides.
  bool both_sides_quorate = false;
  // How long rings may take to be as the network allows once it is at rest (M 20.2).
  Duration reformation = seconds(30);
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
    bool answers = false;  // has a carrier, and the machine does not stand still
  };
  virtual ~Truth() = default;
  virtual std::vector<Place> places(const IpAddress& address) const = 0;
  virtual std::string machine_name(NodeIndex machine) const = 0;
  // The nodes whose cluster software runs, in groups that hear each other perfectly and nobody else at all; nodes
  // without a usable address for their rings are left out. None: the network is in between, some frames get through.
  virtual std::optional<std::vector<std::vector<NodeIndex>>> groups() const { return std::nullopt; }
  // When nodes have had the time to find out how large a packet their ways carry.
  virtual Time ways_known_from() const { return {}; }
  // The cluster managers that run now.
  struct Manager {
    NodeIndex machine;
    std::string state;  // "S_IDLE", ...
    bool is_dc = false;
    std::string dc;
    std::vector<std::string> members;
    std::uint64_t cib = 0;  // hash of its replica
  };
  virtual std::vector<Manager> managers() const { return {}; }
  // Where the file systems of block devices are mounted.
  virtual std::vector<StorageUse> storage_uses() const { return {}; }
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

  // Services and configuration of `watch` are others from now on: a DC has begun to act on a changed configuration.
  virtual void on_configuration(const Watch& watch) { static_cast<void>(watch); }

  // The run is over.
  virtual void on_end(const Truth& truth, Time now) {
    static_cast<void>(truth);
    static_cast<void>(now);
  }

  const std::vector<Finding>& findings() const { return findings_; }

 protected:
  void found(Time at, NodeIndex node, std::string text) { findings_.push_back({at, node, std::move(text)}); }

 private:
  std::vector<Finding> findings_;
};

// Of served addresses (service_judges.h): two-actives, false-failure, needless-recovery.
// Of resources (resource_judges.h): two-active-resources, start-before-fencing, order, colocation.
// Of shared storage (storage_judges.h): double-mount.
// Of the cluster manager at the end (manager_judges.h): equal-replicas, one-dc, progress.
// Of rings and quorum (ring_judges.h): ring-agreement, configuration-change, quorum-overlap, reformation.
// Of messages (delivery_judges.h): self-delivery, message-order, message-gaps, virtual-synchrony.
std::span<const std::string_view> judge_names();
// All judges, in the order of their names.
std::vector<std::unique_ptr<Judge>> make_judges(const Watch& watch);

// The value of an event's field as text; empty when there is none.
std::string field_text(const TraceEvent& event, std::string_view name);
std::int64_t field_number(const TraceEvent& event, std::string_view name);
// The node ids in a text such as "1 2 3"; none when there is no such field.
std::vector<std::uint32_t> field_ids(const TraceEvent& event, std::string_view name);
// The cluster software of the event's machine is no more.
bool ends_life(TraceKind kind);

}  // namespace simcluster::sim
