// What a status tool prints on a machine.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace simcluster::sim {

class Machine;
class World;

// True for commands that screen_text knows.
bool screen_known(std::string_view command);
// The output of `command` on `machine`, at this moment.
Result<std::string> screen_text(const World& world, Machine& machine, std::string_view command);

}  // namespace simcluster::sim
