// What the network tools print about a machine: ip(8) in the old and the new form, ifconfig(8), /proc/net/dev.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/address.h"
#include "sim/kernel/kernel.h"

namespace simcluster::sim {

// `ip addr show [dev DEVICE]` (AT-2.9). Without a device all of them; nothing for an unknown one.
std::string ip_addr_show(const Kernel& kernel, std::string_view device = {});
// `ip link show [dev DEVICE]`: the same without addresses.
std::string ip_link_show(const Kernel& kernel, std::string_view device = {});
// `ip -o -f inet|inet6 addr show`: one line for each address.
std::string ip_oneline_addresses(const Kernel& kernel, IpAddress::Family family);
// `ip -o -f inet route list`.
std::string ip_route_list(const Kernel& kernel);
// One line of it, without its end. `scope` false: the list was asked for one scope, and does not repeat it.
std::string ip_route_text(const Kernel& kernel, const Route& route, bool scope = true);
// The table `local`: a route for every address; loopback addresses as their network.
std::vector<Route> local_routes(const Kernel& kernel);
// `ip neigh show`.
std::string ip_neigh_show(const Kernel& kernel);
// `ifconfig` of net-tools: interfaces that are up, or `device` alone (AT-2.10).
std::string ifconfig(const Kernel& kernel, std::string_view device = {});

}  // namespace simcluster::sim
