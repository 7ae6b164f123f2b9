// Agents that misbehave (AT-4.1, AT-11.1).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/faults/machine_action.h"
#include "sim/kernel/agent_fault.h"

namespace simcluster::sim {

// What a cluster, or somebody in a shell, has an agent do.
std::span<const std::string_view> agent_actions();

// How often and in what way: the keys that follow the agent's name.
void describe_agent_fault(Fields& fields, AgentFault& fault);

class AgentMisbehaves final : public MachineAction {
 public:
  void describe(Fields& fields) override;
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  AgentFault fault_;
};

}  // namespace simcluster::sim
