#include "sim/faults/agent_faults.h"

#include <array>

#include <fmt/core.h>

namespace simcluster::sim {

namespace {

constexpr std::array<std::string_view, 20> kActions = {
    "start",  "stop",       "monitor",      "probe",  "recurring-monitor", "promote", "demote",
    "notify", "migrate_to", "migrate_from", "reload", "reload-agent",      "status",  "validate-all",
    "on",     "off",        "reboot",       "list",   "meta-data",         "metadata"};

std::string rhythm_text(const AgentFault& fault) {
  if (fault.after > 0 && fault.times > 0)
    return fmt::format(" (call {} to {})", fault.after + 1, fault.after + fault.times);
  if (fault.after > 0) return fmt::format(" (from call {} on)", fault.after + 1);
  return "";
}

}  // namespace

std::span<const std::string_view> agent_actions() { return kActions; }

void describe_agent_fault(Fields& fields, AgentFault& fault) {
  fields.reference({"resource", "the resource; absent: any"}, fault.instance, Reference::kResource);
  std::size_t action = kActions.size();
  fields.choice({"action",
                 "start, stop, monitor and so on; probe is a monitor that runs once, recurring-monitor one with an "
                 "interval, monitor both; absent: any"},
                action, kActions);
  if (action < kActions.size()) fault.action = kActions[action];
  fields.number({"after", "so many calls go well before, 0 when absent"}, fault.after, 0, 1'000'000);
  fields.number({"times", "how often; absent: until heal-agents"}, fault.times, 1, 1'000'000);
  fields.duration({"delay", "slept before the action does its work"}, fault.delay);
  fields.boolean({"hang", "it never ends by itself"}, fault.hang);
  fields.number({"exit-code", "it ends with this code and does no work"}, fault.exit_code, 0, 255);
  fields.text({"exit-reason", "with exit-code: the reason that crm_mon shows"}, fault.exit_reason);
  fields.text({"error-output", "with exit-code: what it says on standard error"}, fault.error_output);
  for (const std::string_view needs_code : {"exit-reason", "error-output"})
    if (fields.given(needs_code) && !fault.exit_code)
      fields.fail(fields.place(needs_code),
                  fmt::format("\"{}\" says why an agent ends with an \"exit-code\"", needs_code));
}

void AgentMisbehaves::describe(Fields& fields) {
  describe_machine(fields);
  fields.text(
      {"agent", "type of the agent, such as Dummy, or its whole name, in which a * stands for any text; absent: any"},
      fault_.agent);
  describe_agent_fault(fields, fault_);
}

std::string AgentMisbehaves::text() const {
  const std::string who = !fault_.instance.empty() ? fault_.instance : fault_.agent.empty() ? "agents" : fault_.agent;
  std::string what = fault_.hang ? "hangs" : fault_.exit_code ? fmt::format("exits with {}", *fault_.exit_code) : "";
  if (fault_.delay.ns != 0)
    what += fmt::format("{}takes {} ms longer", what.empty() ? "" : ", ", fault_.delay.milliseconds());
  return fmt::format("from now on {}{}{} {}{}", who, fault_.action.empty() ? "" : " ", fault_.action, what,
                     rhythm_text(fault_));
}

Result<void> AgentMisbehaves::apply_to(World&, Machine& machine) const {
  machine.add_agent_fault(fault_);
  return {};
}

}  // namespace simcluster::sim
