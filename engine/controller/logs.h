// Names of daemons and the form of log lines by version (AT-10.1, AT-10.2).
#pragma once

#include <string_view>

#include "engine/base/host.h"
#include "engine/base/profile.h"

namespace simcluster::controller {

enum class Daemon : std::uint8_t { kController, kScheduler, kCib, kAttributes, kExecutor, kFencer, kSupervisor };

// "crmd" or "pacemaker-controld".
std::string_view daemon_name(Daemon daemon, const Profile& profile);

// Logs `text`; where the version's lines begin with the name of a function, `function` goes first.
void log_line(Host& host, const Profile& profile, LogPriority priority, Daemon daemon, std::string_view function,
              std::string_view text);

}  // namespace simcluster::controller
