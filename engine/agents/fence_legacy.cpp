#include "engine/agents/fence_legacy.h"

#include <fmt/core.h>

namespace simcluster::agents {

namespace {

std::string_view plugin_command(std::string_view action) {
  if (action == "reboot") return "reset";
  if (action == "monitor") return "status";
  if (action == "list") return "gethosts";
  return action;
}

}  // namespace

Task<int> run_plugin(System& system, Plugin plugin) {
  const Environment& environment = system.environment();
  const std::string_view action = environment.action;
  const std::string_view target = environment.get("plug", environment.get("port", environment.get("nodename")));
  const bool about_host = action == "on" || action == "off" || action == "reboot";
  if (about_host && target.empty()) {
    system.print_error("failed: no plug number");
    co_return 1;
  }
  const PluginResult result = co_await plugin(system, plugin_command(action), target);
  if (!result.error.empty()) system.print_error(result.error);
  if (about_host) {
    const std::string line = result.exit_code == 0 ? fmt::format("success: {} 0", target)
                                                   : fmt::format("failed: {} {}", target, result.exit_code);
    system.print(line);
  }
  co_return result.exit_code == 0 ? 0 : 1;
}

}  // namespace simcluster::agents
