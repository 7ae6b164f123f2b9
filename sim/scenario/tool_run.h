// The cluster's tools (commands/tool.h) on a node of the virtual cluster (AT part I).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "sim/scripts/script_host.h"

namespace simcluster::sim {

class Machine;
class World;

// Checks that the first word is a tool; the error says which there are.
Result<void> check_tool(std::string_view command);
// Runs it on the machine, whose node need not run, hands its wishes to the node's managers, and tells what it prints:
// error text, output, and the exit status when it is not 0.
Result<void> run_tool(World& world, Machine& machine, std::string_view command);
// The same for a command that is split into words already; the error says when the first is no tool.
Result<void> run_tool_words(World& world, Machine& machine, const std::vector<std::string>& words);

// The same for a script on the machine: the tool's words; what it prints is the script's, and nothing is told of it.
CommandAnswer run_tool_for_script(World& world, Machine& machine, const std::vector<std::string>& words);

}  // namespace simcluster::sim
