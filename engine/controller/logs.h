// Names and process ids of daemons and the form of log lines by version (AT-10.1, AT-10.2, AT-10.5).
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/host.h"
#include "engine/base/profile.h"

namespace simcluster::controller {

enum class Daemon : std::uint8_t { kController, kScheduler, kCib, kAttributes, kExecutor, kFencer, kSupervisor };

// The process id of a daemon's first life on a node; each later one has the next of its own (AT-10.5).
inline constexpr std::uint32_t kSupervisorProcess = 1000;
inline constexpr std::uint32_t kCibProcess = 1001;
inline constexpr std::uint32_t kFencerProcess = 1002;
inline constexpr std::uint32_t kExecutorProcess = 1003;
inline constexpr std::uint32_t kAttributesProcess = 1004;
inline constexpr std::uint32_t kSchedulerProcess = 1005;
inline constexpr std::uint32_t kControllerProcess = 1006;
inline constexpr std::uint32_t kProcessesPerLife = 10;

// "crmd" or "pacemaker-controld".
std::string_view daemon_name(Daemon daemon, const Profile& profile);

// Logs `text`; where the version's lines begin with the name of a function, `function` goes first.
void log_line(Host& host, const Profile& profile, LogPriority priority, Daemon daemon, std::string_view function,
              std::string_view text);

}  // namespace simcluster::controller
