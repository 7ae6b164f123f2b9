#include "sim/scenario/agent_by_hand.h"

#include <fmt/core.h>

#include "engine/agents/ra_info.h"
#include "sim/kernel/agent_runner.h"
#include "sim/kernel/kernel.h"

namespace simcluster::sim {

void AgentByHand::describe(Fields& fields) {
  describe_machine(fields);
  fields.text(required("agent", "the agent, such as ocf:heartbeat:IPaddr2"), agent_);
  fields.text({"action", "start, stop, monitor (when absent), validate-all, meta-data ..."}, action_);
  fields.text({"instance", "name of the resource, \"default\" when absent"}, instance_);
  fields.duration({"interval", "of a monitor; absent: a probe"}, interval_);
  fields.map({"params", "its parameters"}, parameters_,
             [&](std::pair<std::string, std::string>& parameter, const std::string& name) {
               parameter.first = name;
               fields.text({}, parameter.second);
             });
}

std::string AgentByHand::text() const {
  std::string text;
  for (const auto& [name, value] : parameters_) text += fmt::format("OCF_RESKEY_{}={} ", name, value);
  if (interval_.ns > 0) text += fmt::format("OCF_RESKEY_CRM_meta_interval={} ", interval_.milliseconds());
  const agents::AgentName name = agents::agent_name(agent_);
  return fmt::format("{}/usr/lib/ocf/resource.d/{}/{} {}", text, name.provider, name.type, action_);
}

Result<void> AgentByHand::apply_to(World&, Machine& machine) const {
  const agents::AgentName name = agents::agent_name(agent_);
  AgentRequest request;
  request.standard = name.standard;
  request.provider = name.provider;
  request.type = name.type;
  request.action = action_;
  request.instance = instance_;
  request.parameters = parameters_;
  request.interval = interval_;
  if (!machine.kernel().agents().knows(request))
    return fail(fmt::format("there is no agent {} on {}", agent_, machine.name()));
  return machine.run_by_hand(request, text());
}

}  // namespace simcluster::sim
