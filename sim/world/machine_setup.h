// From a machine's description to its interfaces: once as hardware, and again at every boot as configuration.
#pragma once

#include <string_view>

#include "engine/base/error.h"
#include "sim/kernel/kernel.h"
#include "sim/world/world_spec.h"

namespace simcluster::sim {

// Makes the interfaces and bonds and plugs the cables. Errors name what the description has wrong.
Result<void> build_interfaces(Kernel& kernel, const MachineSpec& spec);
// What the system's start scripts do: sysctls, interfaces up, addresses, routes.
void configure_interfaces(Kernel& kernel, const MachineSpec& spec);
// An address with its broadcast address, as start scripts configure it, or NetworkManager, which keeps the route to the
// network itself (M NM-5).
InterfaceAddress configured_address(const IpAddress& address, int prefix_length, std::string_view label,
                                    bool by_network_manager = false);

}  // namespace simcluster::sim
