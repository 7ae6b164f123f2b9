#include "commands/tool.h"

#include <algorithm>
#include <array>

#include "commands/tool_table.h"

namespace simcluster::commands {

namespace {

constexpr std::array kTools = {
    Tool{"cibadmin", "query and change the CIB", cibadmin},
    Tool{"crm_resource", "query, move, change and clean up resources", crm_resource},
    Tool{"crm_attribute", "query and set cluster options and node attributes", crm_attribute},
    Tool{"crm_standby", "put a node on standby, and back", crm_standby},
    Tool{"crm_failcount", "query and delete fail counts", crm_failcount},
    Tool{"attrd_updater", "query and set attributes of running nodes", attrd_updater},
    Tool{"crm_verify", "check a configuration", crm_verify},
    Tool{"ptest", "show the scores of what the scheduler would do (Pacemaker 1.0)", ptest},
    Tool{"crm_node", "tell of the nodes of a cluster", crm_node},
    Tool{"crmadmin", "tell of the controllers of a cluster", crmadmin},
};

}  // namespace

std::span<const Tool> tools() { return kTools; }

const Tool* find_tool(std::string_view name) {
  const auto found = std::find_if(kTools.begin(), kTools.end(), [&](const Tool& tool) { return tool.name == name; });
  return found == kTools.end() ? nullptr : &*found;
}

}  // namespace simcluster::commands
