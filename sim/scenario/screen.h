// What a status tool prints on a machine.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.h"
#include "reports/stonith_admin.h"

namespace simcluster::sim {

class Machine;
class World;

// Checks that `command` is one that can be shown; the error says what it does not know.
Result<void> check_screen(std::string_view command);
// The output of `command` on `machine`, at this moment.
Result<std::string> screen_text(const World& world, Machine& machine, std::string_view command);
// Tells what the devices of the machine say, at once or when they have answered; its node must run.
Result<void> show_devices(World& world, Machine& machine, const reports::FencingQuestion& question);
// What stonith_admin of the machine's release tells of the past; its node must run.
Result<std::string> fencing_screen(Machine& machine, const reports::FencingQuestion& question);

}  // namespace simcluster::sim
