#include "engine/scheduler/task.h"

#include <array>

namespace simcluster::scheduler {

namespace {

constexpr std::array<std::string_view, kTaskCount> kNames = {
    "",
    "monitor",
    "stop",
    "stopped",
    "start",
    "running",
    "migrate_to",
    "migrate_from",
    "notify",
    "notified",
    "promote",
    "promoted",
    "demote",
    "demoted",
    "reload-agent",
    "cancel",
    "delete",
    "lrm_delete",
    "clear_failcount",
    "stonith",
    "do_shutdown",
    "maintenance_nodes",
};

}  // namespace

Task parse_task(std::string_view text) {
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] == text) return static_cast<Task>(i);
  }
  return Task::kUnspecified;
}

std::string_view task_name(Task task) { return kNames[static_cast<std::size_t>(task)]; }

Task plain_task(Task task) {
  switch (task) {
    case Task::kStopped:
      return Task::kStop;
    case Task::kStarted:
      return Task::kStart;
    case Task::kPromoted:
      return Task::kPromote;
    case Task::kDemoted:
      return Task::kDemote;
    default:
      return task;
  }
}

Task completed_task(Task task) {
  switch (task) {
    case Task::kStop:
      return Task::kStopped;
    case Task::kStart:
      return Task::kStarted;
    case Task::kPromote:
      return Task::kPromoted;
    case Task::kDemote:
      return Task::kDemoted;
    case Task::kNotify:
      return Task::kNotified;
    default:
      return task;
  }
}

}  // namespace simcluster::scheduler
