// Base of actions on one machine.
#pragma once

#include <string>

#include "sim/faults/action.h"
#include "sim/world/world.h"

namespace simcluster::sim {

class MachineAction : public Action {
 public:
  std::string machine() const override { return node_; }
  Result<void> apply(World& world) const final {
    const NodeIndex index = world.find_machine(node_);
    if (!index.valid()) return simcluster::fail("there is no machine \"" + node_ + "\"");
    return apply_to(world, world.machine(index));
  }

 protected:
  void describe_machine(Fields& fields) {
    fields.reference(required("node", "the machine, a node or a host"), node_, Reference::kMachine);
  }
  virtual Result<void> apply_to(World& world, Machine& machine) const = 0;

  std::string node_;  // name of the machine
};

}  // namespace simcluster::sim
