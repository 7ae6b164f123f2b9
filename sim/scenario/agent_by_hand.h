// Someone runs a resource agent in a shell, as ocf-tester does: its parameters in the environment (AT-1.3), its output
// and exit status on the screen.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/faults/machine_action.h"

namespace simcluster::sim {

class AgentByHand final : public MachineAction {
 public:
  void describe(Fields& fields) override;
  TraceKind kind() const override { return TraceKind::kOperator; }
  std::string text() const override;
  Result<void> apply_to(World& world, Machine& machine) const override;

 private:
  std::string agent_;  // "ocf:heartbeat:IPaddr2", or shorter
  std::string action_ = "monitor";
  std::string instance_ = "default";  // what the agents' library takes where nobody names the resource
  Duration interval_;                 // 0: a probe
  std::vector<std::pair<std::string, std::string>> parameters_;
};

}  // namespace simcluster::sim
