// How IPaddr2 finds the interface, the netmask and the broadcast address for its address: three generations (AT-3.1).
#pragma once

#include <string>

#include "engine/agents/system.h"
#include "engine/agents/task.h"
#include "engine/base/address.h"

namespace simcluster::agents {

// What the finder prints: "<nic> netmask <bits> broadcast <b>".
struct FoundInterface {
  int exit_code = 0;  // not 0: nothing was found, the other members mean nothing
  std::string nic;
  int prefix_length = 0;
  IpAddress broadcast;  // unspecified: none
};

// Generation 1, the program `findif -C`: interface flags by ioctl, or the routing table in /proc/net/route (AT-3.4).
Task<FoundInterface> findif_program(System& system);
// Generation 2, findif.sh of resource-agents 3.9.5-1: looks the interface up in /proc/net/dev at every action, also at
// every monitor (AT-3.5). Two readers at once on an afflicted kernel cheat each other of lines (AT-2.12).
Task<FoundInterface> findif_by_proc_net_dev(System& system);
// Generation 3: asks `ip link show` instead, and only for start and validate-all (AT-3.5).
Task<FoundInterface> findif_by_link(System& system);

}  // namespace simcluster::agents
