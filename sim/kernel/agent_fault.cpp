#include "sim/kernel/agent_fault.h"

#include <fmt/core.h>

#include "engine/agents/agent_model.h"

namespace simcluster::sim {

std::string agent_text(const AgentRequest& request) {
  if (request.provider.empty()) return fmt::format("{}:{}", request.standard, request.type);
  return fmt::format("{}:{}:{}", request.standard, request.provider, request.type);
}

namespace {

bool concerns_agent(const std::string& wanted, const AgentRequest& request) {
  if (wanted.empty()) return true;
  if (wanted.find(':') == std::string::npos) return agents::fits_pattern(wanted, request.type);
  return agents::fits_pattern(wanted, agent_text(request));
}

bool concerns_action(const std::string& wanted, const AgentRequest& request) {
  const bool monitor = request.action == "monitor";
  if (wanted == "probe") return monitor && request.interval.ns == 0;
  if (wanted == "recurring-monitor") return monitor && request.interval.ns > 0;
  return wanted.empty() || wanted == request.action;
}

}  // namespace

bool concerns(const AgentFault& fault, const AgentRequest& request) {
  return concerns_agent(fault.agent, request) && (fault.instance.empty() || fault.instance == request.instance) &&
         concerns_action(fault.action, request);
}

}  // namespace simcluster::sim
