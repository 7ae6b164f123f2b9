// Random faults of every kind, and their repair.
#pragma once

#include "engine/base/random.h"
#include "sim/world/world.h"

namespace simcluster::sim {

class Havoc {
 public:
  struct Kinds {
    bool addresses = false;       // nodes lose their own addresses
    bool damaged_frames = false;  // frames arrive with wrong bits or cut; otherwise a checksum finds them out
    bool finds_mtu = false;       // a small MTU is something to live with; otherwise large packets are lost
  };
  // `world` must outlive it.
  Havoc(World& world, std::uint64_t seed, Kinds kinds);

  // One more fault, or the repair of one. Traced as a fault.
  void strike();
  // Everything is as it was at the start, except that the cluster software may not run everywhere.
  void repair();
  // What a service manager does: starts the cluster software wherever it does not run.
  void start_missing();
  // What an operator does about nodes whose redundant rings are all FAULTY (RR-15, RR-16).
  void enable_rings();
  std::uint64_t strikes() const { return strikes_; }

 private:
  void say(NodeIndex machine, const std::string& text);
  void strike_machine(Machine& machine);
  void strike_interface(Machine& machine, const InterfaceSpec& interface);
  void strike_network();
  void strike_segment(const std::string& network);
  void strike_trunk();
  void swizzle_links();
  void split();
  LinkQuality bad_quality();
  LinkQuality narrow();
  Machine& any_machine();
  std::string any_network();

  World& world_;
  Random random_;
  Kinds kinds_;
  std::uint64_t strikes_ = 0;
  Time swizzled_until_;
};

}  // namespace simcluster::sim
