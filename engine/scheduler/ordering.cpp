#include "engine/scheduler/ordering.h"

#include "engine/scheduler/model.h"

namespace simcluster::scheduler {

namespace {

bool is_ancestor(const Model& model, ResourceId ancestor, ResourceId resource) {
  while (resource.valid()) {
    if (resource == ancestor) return true;
    resource = model.resource(resource).parent;
  }
  return false;
}

// S5 F-12: what a migration must respect when its start or stop is ordered.
void add_migration_companions(Model& model, const Ordering& added) {
  using namespace relation;
  const ResourceId a = added.first.resource;
  const ResourceId b = added.then.resource;
  if (!a.valid() || !b.valid() || a == b) return;
  const bool a_migrates = model.resource(a).allow_migrate;
  const bool b_migrates = model.resource(b).allow_migrate;
  if (!a_migrates && !b_migrates) return;
  if (is_ancestor(model, a, b) || is_ancestor(model, b, a)) return;
  if (added.first.interval != 0 || added.then.interval != 0) return;
  const ActionTable& actions = model.actions;
  const auto tasks_are = [&](Task first, Task then) {
    return added.first.key_task == actions.key_task(first) && added.then.key_task == actions.key_task(then);
  };
  const RelationFlags flags = kOrdered | (a_migrates ? kIfFirstUnmigratable : kNone);
  const bool partial = model.resource(b).partial_migration_target.valid();
  if (tasks_are(Task::kStart, Task::kStart)) {
    if (a_migrates && b_migrates) order(model, a, Task::kMigrateFrom, b, Task::kMigrateTo, kOrdered);
    if (b_migrates) order(model, a, Task::kStart, b, Task::kMigrateTo, flags);
  } else if (tasks_are(Task::kStop, Task::kStop) && b_migrates) {
    order(model, a, Task::kStop, b, Task::kMigrateTo, flags);
    if (partial) order(model, a, Task::kStop, b, Task::kMigrateFrom, flags);
  } else if (tasks_are(Task::kPromote, Task::kStart) && b_migrates) {
    order(model, a, Task::kPromote, b, Task::kMigrateTo, kOrdered);
  } else if (tasks_are(Task::kDemote, Task::kStop) && b_migrates) {
    order(model, a, Task::kDemote, b, Task::kMigrateTo, kOrdered);
    if (partial) order(model, a, Task::kDemote, b, Task::kMigrateFrom, kOrdered);
  }
}

}  // namespace

OrderingSide side(Model& model, ResourceId resource, Task task) {
  return {resource, model.actions.key_task(task), 0, ActionId()};
}

OrderingSide side(Model& model, ResourceId resource, std::string_view task, std::uint32_t interval) {
  return {resource, model.actions.key_task(task), interval, ActionId()};
}

OrderingSide side(const Model& model, ActionId id) {
  const Action& action = model.actions[id];
  return {action.resource, action.key_task, action.interval, id};
}

void order(Model& model, const OrderingSide& first, const OrderingSide& then, RelationFlags flags) {
  if (!first.resource.valid() && !first.action.valid()) return;
  if (!then.resource.valid() && !then.action.valid()) return;
  model.orderings.push_back(Ordering{first, then, flags});
  add_migration_companions(model, Ordering(model.orderings.back()));
}

void order(Model& model, ResourceId first, Task first_task, ResourceId then, Task then_task, RelationFlags flags) {
  order(model, side(model, first, first_task), side(model, then, then_task), flags);
}

}  // namespace simcluster::scheduler
