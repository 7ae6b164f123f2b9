// The cluster's own tools, of which agents use the node attributes above all.
#include <algorithm>

#include <fmt/core.h>

#include "sim/kernel/kernel.h"
#include "sim/scripts/commands.h"

namespace simcluster::sim {

namespace {

using agents::System;
using agents::Task;

bool given(const std::vector<std::string>& words, std::string_view short_option, std::string_view long_option) {
  return std::ranges::any_of(
      words, [&](const std::string& word) { return word.starts_with(short_option) || word.starts_with(long_option); });
}

// crm_master, and crm_attribute --promotion without a name, mean the promotion score that the resource of the agent has
// on this node until the cluster software stops.
std::vector<std::string> with_resource(const System& system, const ScriptCommand& command) {
  std::vector<std::string> words{command.name == "crm_master" ? "crm_attribute" : command.name};
  const std::string& instance = system.environment().instance;
  bool score = command.name == "crm_master";
  if (command.name == "crm_master") words.push_back("--promotion=" + instance);
  for (const std::string& word : command.arguments) {
    const bool means_score = word == "--promotion" || (word == "-p" && command.name == "crm_attribute");
    words.push_back(means_score ? "--promotion=" + instance : word);
    score = score || means_score;
  }
  if (score && !given(command.arguments, "-l", "--lifetime")) words.push_back("--lifetime=reboot");
  if (score && !given(command.arguments, "-N", "--node")) words.push_back("--node=" + system.environment().node_name);
  return words;
}

Task<CommandAnswer> run_tool(System& system, ScriptHost& host, const ScriptCommand& command) {
  const agents::CommandResult started = co_await system.execute(command_line(command));
  if (!started.ok()) co_return CommandAnswer{started.exit_code, "", std::string(started.error), {}};
  if (!host.tools()) co_return CommandAnswer{102, "", "Could not connect to the cluster\n", {}};
  co_return host.tools()(with_resource(system, command));
}

}  // namespace

std::vector<NamedCommand> cluster_commands() {
  std::vector<NamedCommand> all;
  for (const std::string_view name : {"crm_attribute", "crm_master", "attrd_updater", "crm_node", "crm_resource",
                                      "crm_failcount", "crm_standby", "cibadmin", "crmadmin"})
    all.push_back({name, run_tool});
  return all;
}

}  // namespace simcluster::sim
