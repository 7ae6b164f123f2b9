#include "engine/scheduler/router.h"

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

// The task that counts: of a notification, what it is about.
Task effective_task(Model& model, const Action& action) {
  if (action.task != Task::kNotify) return action.task;
  static_cast<void>(model);
  const auto operation = action.meta.get("notify_operation");
  return operation ? parse_task(*operation) : action.task;
}

}  // namespace

NodeId router_node(Model& model, const Action& action) {
  if (action.task == Task::kFence || !action.node.valid()) return {};
  const Node& node = model.node(action.node);
  if (!node.is_remote_variant() || !node.connection.valid()) return {};
  const Resource& connection = model.resource(node.connection);
  const NodeId before = current_node(model, connection);
  const NodeId after = connection.assigned;
  if (!before.valid()) return after;
  if (!after.valid() || before == after) return before;
  if (connection.partial_migration_target.valid() && !connection.launcher.valid()) return after;
  switch (effective_task(model, action)) {
    case Task::kCancel:
    case Task::kStop:
    case Task::kDemote:
    case Task::kMigrateFrom:
    case Task::kMigrateTo:
      return before;
    default:
      return after;
  }
}

NodeId physical_host(Model& model, const Action& action) {
  if (!action.node.valid()) return {};
  const Node& node = model.node(action.node);
  if (!is_guest(model, node)) return {};
  const Resource& launcher = model.resource(model.resource(node.connection).launcher);
  switch (effective_task(model, action)) {
    case Task::kStop:
    case Task::kStopped:
    case Task::kDemote:
    case Task::kDemoted:
      return current_node(model, launcher);
    case Task::kStart:
    case Task::kStarted:
    case Task::kMonitor:
    case Task::kPromote:
    case Task::kPromoted:
      return launcher.assigned;
    default:
      return {};
  }
}

}  // namespace simcluster::scheduler
