// The simulated world: machines with kernels and disks on simulated networks, cluster nodes in them, one clock.
// One world is one run: single-threaded, and the same description gives the same run, event by event.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/ids.h"
#include "engine/base/time.h"
#include "engine/base/trace.h"
#include "sim/events/event_queue.h"
#include "sim/events/tracer.h"
#include "sim/world/machine.h"
#include "sim/world/storage_use.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {

class Network;

class World {
 public:
  // Builds everything, powers nothing on. An error names what the description has wrong (unknown segment, a name twice,
  // an impossible address).
  static Result<std::unique_ptr<World>> create(WorldSpec spec);
  // What create() puts into a machine: the cluster node, or Corosync alone.
  static std::unique_ptr<ClusterSoftware> cluster_software(Host& host, const Machine& machine);
  // As create(), with other software than that in the machines (for tests).
  static Result<std::unique_ptr<World>> create(WorldSpec spec, SoftwareFactory factory);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // --- time ----------------------------------------------------------------------------------------------------------
  // Powers on the machines that are to be on; they are up at once. Called once, before running.
  void start();
  Time now() const;
  // Since the start of the world.
  Duration elapsed() const;
  // Runs all events up to and including `end`.
  void run_until(Time end);
  void run_for(Duration span) { run_until(now() + span); }
  // Runs until `done` is true (asked after every event) or `end` is reached. True when `done` became true.
  bool run_until(Time end, const std::function<bool()>& done);
  // Ends run_until after the current event. For trace sinks that have seen enough.
  void stop_running();
  // Calls `action` at `at`, as an event of the world. For timelines.
  void at(Time at, std::function<void()> action);
  std::uint64_t events_run() const;

  // --- who is there --------------------------------------------------------------------------------------------------
  std::size_t machine_count() const;
  Machine& machine(NodeIndex index);
  const Machine& machine(NodeIndex index) const;
  // None when there is no such machine.
  NodeIndex find_machine(std::string_view name) const;
  Network& network();
  const Network& network() const;
  EventQueue& queue();
  Tracer& tracer();
  std::uint64_t seed() const;

  // Where an address is up: on an interface with flag UP of a machine that has power. Truth, not what a cluster
  // believes.
  struct AddressPlace {
    NodeIndex machine;
    std::string interface_name;
    bool carrier = false;
    bool answers = false;  // has a carrier, and the machine does not stand still
  };
  std::vector<AddressPlace> find_address(const IpAddress& address) const;

  // Where the file systems of block devices are mounted, in the order of the devices and of the mounts.
  std::vector<StorageUse> storage_uses() const;

  // The nodes whose cluster software runs, in groups that hear each other well on some ring or link and the other
  // groups not at all. Nodes that stand still or have no usable address for any ring are left out. None when some nodes
  // hear each other badly, one way only, or in a chain.
  std::optional<std::vector<std::vector<NodeIndex>>> ring_groups() const;
  // Nodes whose packets were too large for a way know its MTU by then (M KN-15); the past when no way has changed.
  Time ways_known_from() const;
  // The machine that has this id in its cluster: given to it, or made from an address that is configured for it. None
  // when there is none.
  NodeIndex find_node(ClusterNodeId id) const;

  // True when nothing in the world has failed an assertion so far.
  bool healthy() const { return assertion_crashes() == 0; }
  // Nodes that failed an assertion (also in the trace as node.crash).
  std::uint64_t assertion_crashes() const;

  // --- faults of networks (faults of one machine: Machine) ---------------------------------------------------------
  // A switch loses its power: no port has a carrier.
  Result<void> fail_segment(std::string_view segment);
  Result<void> restore_segment(std::string_view segment);
  Result<void> set_quality(std::string_view segment, const LinkQuality& quality);
  // A trunk between switches is cut or mended.
  Result<void> set_trunk(std::string_view trunk, bool whole);
  Result<void> set_trunk_quality(std::string_view trunk, const LinkQuality& quality);
  // Frames between machines of different groups are lost, in all segments or in the named one. Machines that are named
  // nowhere form one more group.
  Result<void> partition(const std::vector<std::vector<NodeIndex>>& groups, std::string_view segment = {});
  // Loses `parts` per million of the frames that `from` sends to `to` (one way), in all segments or the named one.
  Result<void> lose_frames(NodeIndex from, NodeIndex to, std::uint32_t parts, std::string_view segment = {});
  // The same for some frames only.
  Result<void> lose_some_frames(NodeIndex from, NodeIndex to, const Network::SelectiveLoss& loss,
                                std::string_view segment = {});
  // Undoes partition() and lose_frames().
  void heal_network();

 private:
  friend class Machine;
  struct Impl;
  World();

  std::unique_ptr<Impl> impl_;
};

}  // namespace simcluster::sim
