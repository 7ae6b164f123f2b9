// What tools print about a machine itself, not about its cluster: ip, ifconfig, /proc/net/dev, VBoxManage, and what the
// crm shell tells of an agent.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace simcluster::sim {

class Machine;

// True for a command that machine_screen() can show.
bool is_machine_screen(std::string_view command);
// The commands for a message, separated by commas.
std::string machine_screens();
// The output of `command` on `machine`, at this moment; an error when the machine is not up, or has no such thing.
Result<std::string> machine_screen(Machine& machine, std::string_view command);

}  // namespace simcluster::sim
