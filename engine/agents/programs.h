// Plain programs that are no agents. A host starts them as processes of their own; they read their arguments from
// Environment::arguments.
#pragma once

#include "engine/agents/system.h"

namespace simcluster::agents {

// A monitoring tool: every INTERVAL milliseconds it reads /proc/net/dev line by line (AT-2.12). For ever.
//   arguments: INTERVAL_MS [INITIAL_DELAY_MS]
Task<int> proc_net_dev_reader(System& system);

// `ping [-n] [-c COUNT] [-i SECONDS] HOST`: one request a second and the lines of AT-2.6 on standard output.
//   arguments: HOST [COUNT]; without COUNT for ever
Task<int> ping_client(System& system);

// `send_arp -i INTERVAL_MS -r COUNT -p PIDFILE DEVICE ADDRESS auto not_used not_used`: COUNT times a request and a
// reply as gratuitous ARP, INTERVAL_MS apart (AT-3.9).
//   arguments: as on that command line
Task<int> send_arp(System& system);

// Somebody who works in a directory: as soon as something is mounted there, keeps a file of it open for ever.
//   arguments: DIRECTORY IGNORES; IGNORES is "nothing", "TERM", or "KILL" for a process in state D
Task<int> mount_holder(System& system);

// ifcheckd of pm_extras on the Heartbeat stack (CM-9.13): for every interface on which another node is heard a node
// attribute with the state of the link, "up" or "dead". Only a change is told, and the state at the start.
//   arguments: NODE-INTERFACE ADDRESS ...
Task<int> ifcheckd(System& system);

}  // namespace simcluster::agents
