#include <array>
#include <string>

#include <fmt/core.h>

#include "engine/agents/fence_agents.h"
#include "engine/agents/fence_legacy.h"

namespace simcluster::agents {
namespace {

constexpr std::array kParameters = {
    ParameterMetadata{"hostname", "string", "", true, true, "Hostname", "The machine to be managed."},
    ParameterMetadata{"ipaddr", "string", "", true, true, "IP Address", "Its management controller."},
    ParameterMetadata{"userid", "string", "", true, false, "Login", "A user of the controller."},
    ParameterMetadata{"passwd", "string", "", true, false, "Password", "That user's password."},
    ParameterMetadata{"interface", "string", "lan", false, false, "IPMI interface", "lan or lanplus."},
    ParameterMetadata{"priv", "string", "", false, false, "Privilege level", "Of the session; from 1.0.9 on."},
};

constexpr std::array kActions = {
    ActionMetadata{"on"},     ActionMetadata{"off"},  ActionMetadata{"reboot"},
    ActionMetadata{"status"}, ActionMetadata{"list"}, ActionMetadata{"monitor"},
};

// One call of ipmitool by the plugin.
Task<RemoteReply> ipmitool(System& system, std::string_view what) {
  const Environment& environment = system.environment();
  const std::string_view privilege = environment.profile.ipmi_plugin_privilege ? environment.get("priv") : "";
  const std::string line = fmt::format("ipmitool -I {} -H {} -U {} -E{}{} {}", environment.get("interface", "lan"),
                                       environment.get("ipaddr"), environment.get("userid"),
                                       privilege.empty() ? "" : " -L ", privilege, what);
  const CommandResult started = co_await system.execute(line);
  if (!started.ok()) co_return RemoteReply{RemoteOutcome::kDone, started.exit_code, {}};
  RemoteCommand command;
  command.host = environment.get("ipaddr");
  command.service = RemoteService::kIpmi;
  command.login = environment.get("userid");
  command.password = environment.get("passwd");
  command.command = what;
  command.timeout = seconds(20);
  co_return co_await system.remote_command(command);
}

// The script `external/ipmi COMMAND [HOST]` (AT-5.12).
Task<PluginResult> plugin(System& system, std::string_view command, std::string_view) {
  const Environment& environment = system.environment();
  // CM-13.20: whatever it is asked for.
  if (environment.profile.ipmi_plugin_broken) co_return PluginResult{2, "Syntax error: Unterminated quoted string"};
  if (command == "gethosts") {
    system.print(environment.get("hostname"));
    co_return PluginResult{};
  }
  if (environment.get("ipaddr").empty() || environment.get("userid").empty() || environment.get("passwd").empty())
    co_return PluginResult{1, "ipaddr, userid or passwd missing; check configuration"};
  const RemoteReply before = co_await ipmitool(system, "chassis power status");
  const bool answered = before.outcome == RemoteOutcome::kDone && before.exit_code == 0;
  if (!answered) co_return PluginResult{1, "error executing ipmitool: Error: Unable to establish LAN session"};
  if (command == "status") co_return PluginResult{};
  std::string_view verb = command == "on" ? "chassis power on" : "chassis power off";
  if (command == "reset")
    verb = before.output.find("is off") != std::string_view::npos ? "chassis power on" : "chassis power reset";
  const RemoteReply done = co_await ipmitool(system, verb);
  if (done.outcome == RemoteOutcome::kDone && done.exit_code == 0) co_return PluginResult{};
  co_return PluginResult{1, fmt::format("error executing ipmitool: {}", done.output)};
}

}  // namespace

Task<int> external_ipmi(System& system) { return run_plugin(system, plugin); }

AgentMetadata external_ipmi_metadata() {
  AgentMetadata metadata;
  metadata.standard = "stonith";
  metadata.type = "external/ipmi";
  metadata.short_text = "ipmitool based power management";
  metadata.long_text = "Switches a machine through its management controller, as a plugin of cluster-glue.";
  metadata.parameters = kParameters;
  metadata.actions = kActions;
  return metadata;
}

}  // namespace simcluster::agents
