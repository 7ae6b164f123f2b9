// The cluster's tools (commands/tool.h) on a node of the virtual cluster (AT part I).
#pragma once

#include <string_view>

#include "engine/base/error.h"

namespace simcluster::sim {

class Machine;
class World;

// Checks that the first word is a tool; the error says which there are.
Result<void> check_tool(std::string_view command);
// Runs it on the machine, whose node need not run, hands its wishes to the node's managers, and tells what it prints:
// error text, output, and the exit status when it is not 0.
Result<void> run_tool(World& world, Machine& machine, std::string_view command);

}  // namespace simcluster::sim
