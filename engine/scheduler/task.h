// Names of what actions do (S5 A-6), as small numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace simcluster::scheduler {

enum class Task : std::uint8_t {
  kUnspecified,  // any other text: load_stopped_NODE, one-or-more:SET, an operation name of the user's
  kMonitor,
  kStop,
  kStopped,
  kStart,
  kStarted,  // "running"
  kMigrateTo,
  kMigrateFrom,
  kNotify,
  kNotified,
  kPromote,
  kPromoted,
  kDemote,
  kDemoted,
  kReloadAgent,
  kCancel,
  kDelete,
  kLrmDelete,
  kClearFailcount,
  kFence,     // "stonith"
  kShutdown,  // "do_shutdown"
  kMaintenanceNodes,
};

inline constexpr std::size_t kTaskCount = static_cast<std::size_t>(Task::kMaintenanceNodes) + 1;

// Exact, case-sensitive; kUnspecified for any other text.
Task parse_task(std::string_view text);
// The text used in keys and in the graph; empty for kUnspecified.
std::string_view task_name(Task task);
// S5 A-6 "folding": running to start, stopped to stop, promoted to promote, demoted to demote; others unchanged.
Task plain_task(Task task);
// start to running and so on; others unchanged.
Task completed_task(Task task);

}  // namespace simcluster::scheduler
