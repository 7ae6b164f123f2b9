// Random faults of every kind, and their repair.
#pragma once

#include "engine/base/random.h"
#include "sim/world/world.h"

namespace simcluster::sim {

class Havoc {
 public:
  // `world` must outlive it. Without `addresses` no node loses an address of its own.
  Havoc(World& world, std::uint64_t seed, bool addresses);

  // One more fault, or the repair of one. Traced as a fault.
  void strike();
  // Everything is as it was at the start, except that the cluster software may not run everywhere.
  void repair();
  // What a service manager does: starts the cluster software wherever it does not run.
  void start_missing();
  std::uint64_t strikes() const { return strikes_; }

 private:
  void say(NodeIndex machine, const std::string& text);
  void strike_machine(Machine& machine);
  void strike_interface(Machine& machine, const InterfaceSpec& interface);
  void strike_network();
  void split();
  LinkQuality bad_quality();
  Machine& any_machine();
  std::string any_network();

  World& world_;
  Random random_;
  bool addresses_;
  std::uint64_t strikes_ = 0;
  Time swizzled_until_;
};

}  // namespace simcluster::sim
