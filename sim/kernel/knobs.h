// What a simulated kernel's work costs in virtual time. Bounds are inclusive; between them the machine's seeded
// scheduling stream decides.
#pragma once

#include "engine/base/time.h"

namespace simcluster::sim {

struct CostRange {
  Duration least;
  Duration most;
};

struct KernelKnobs {
  // One read() of /proc/net/dev: one line (AT-2.12), and what the scheduler adds to it.
  Duration proc_net_dev_line = microseconds(100);
  Duration proc_net_dev_jitter = microseconds(60);
  // From fork to the first line of a shell script: fork, exec, sourcing the shell libraries.
  CostRange script_start{milliseconds(8), milliseconds(28)};
  // fork, exec, run and wait for one small external command (ip, grep, ...).
  CostRange command{microseconds(900), microseconds(3'500)};
  // Shell work between two commands.
  CostRange script_step{microseconds(20), microseconds(120)};
  // One write that must survive a power cut.
  CostRange disk_sync{milliseconds(1), milliseconds(6)};
  // A question for the whole CIB: serialized, sent over local sockets, parsed again.
  Duration cib_query = milliseconds(12);
  // A process is woken up to this much after the time that its timer was set for. Measured on a busy machine: 20 ms.
  Duration timer_slack;
  // A datagram on its way through the local loop.
  Duration loopback_delay = microseconds(8);
};

}  // namespace simcluster::sim
