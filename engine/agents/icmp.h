// `ping`, as agents and people use it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/agents/system.h"
#include "engine/agents/task.h"

namespace simcluster::agents {

struct PingSummary {
  int exit_code = 2;  // 0: at least one answer; 1: none; 127 or the like: could not be started
  std::int64_t sent = 0;
  std::int64_t received = 0;
  Duration elapsed;
};

// `ping -n -q -W TIMEOUT -c COUNT HOST`: a request a second, the last waited for up to `timeout`. A silent host costs
// (count - 1) s + timeout (AT-4.5).
Task<PingSummary> ping_host(System& system, std::string_view host, std::int64_t count, Duration timeout);

// A round trip time as ping prints it: three significant digits, in ms ("0.565", "3.22", "12.3", "123"; AT-2.6).
std::string ping_time_text(Duration round_trip);

}  // namespace simcluster::agents
