// The tools that resource agents call (crm_attribute, crm_master, attrd_updater, crm_node ...), on a node of clusterd.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace simcluster::clusterctl {

// The bytes of a file, of standard input for an empty name.
Result<std::string> read_file(const std::string& name);

// Whether a program of this name is such a tool.
bool is_agent_tool(std::string_view name);

// Runs it and returns its exit status; prints what it prints. `instance` is the resource whose agent calls it
// (OCF_RESOURCE_INSTANCE), empty when nobody said so.
int run_agent_tool(const std::string& socket_path, std::string_view name, std::vector<std::string> arguments,
                   std::string_view instance);

// The arguments of crm_attribute for a promotion score (AT-9.3): the resource is the agent's own where none is named,
// and the score is forgotten with the node unless a lifetime is given. `name` is crm_attribute or crm_master.
std::vector<std::string> promotion_arguments(std::string_view name, const std::vector<std::string>& arguments,
                                             std::string_view instance);

}  // namespace simcluster::clusterctl
