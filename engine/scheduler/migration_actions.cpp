// Live migration (S5 D.4).
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"
#include "engine/scheduler/resource_actions.h"

namespace simcluster::scheduler {

namespace {}  // namespace

bool can_migrate(const Model& model, const Resource& resource, NodeId current) {
  return resource.allow_migrate && resource.managed && !resource.failed && !resource.start_pending && current.valid() &&
         !model.node(current).unclean && resource.assigned.valid() && !model.node(resource.assigned).unclean;
}

void create_migration_actions(Model& model, Resource& resource, NodeId current) {
  using namespace relation;
  const ResourceId self = resource.self;
  Action& start = request_action(model, self, Task::kStart, resource.assigned, true);
  Action& stop = request_action(model, self, Task::kStop, current, true);
  const bool partial = resource.partial_migration_target.valid();
  Action* migrate_to = partial ? nullptr : &request_action(model, self, Task::kMigrateTo, current, true);
  Action& migrate_from = request_action(model, self, Task::kMigrateFrom, resource.assigned, true);
  start.flags |= action_flag::kMigratable | action_flag::kPseudo;
  stop.flags |= action_flag::kMigratable;
  migrate_from.flags |= action_flag::kMigratable;
  if (migrate_to != nullptr) {
    migrate_to->flags |= action_flag::kMigratable;
    migrate_to->needs = start.needs;
    order(model, self, Task::kMonitor, self, Task::kMigrateTo, kOrdered);
    order(model, self, Task::kMigrateTo, self, Task::kMigrateFrom, kOrdered | kMigratableThen);
  } else {
    migrate_from.needs = start.needs;
    order(model, self, Task::kMonitor, self, Task::kMigrateFrom, kOrdered);
  }
  order(model, self, Task::kMigrateFrom, self, Task::kStop, kOrdered | kMigratableThen);
  order(model, self, Task::kMigrateFrom, self, Task::kStart, kOrdered | kMigratableThen | kUnmigratableThenReal);
  const std::string_view source = model.node(current).name;
  const std::string_view target = model.node(resource.assigned).name;
  if (migrate_to != nullptr) {
    migrate_to->meta.set("migrate_source", source);
    migrate_to->meta.set("migrate_target", target);
    if (!resource.remote_connection) migrate_to->meta.set("record-pending", "true");
  }
  migrate_from.meta.set("migrate_source", source);
  migrate_from.meta.set("migrate_target", target);
}

}  // namespace simcluster::scheduler
