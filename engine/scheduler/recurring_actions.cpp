// Recurring operations (S5 D.3).
#include <algorithm>
#include <vector>

#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/ordering.h"
#include "engine/scheduler/resource_actions.h"
#include "engine/scheduler/text.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;

// S5 D-9.
bool is_recurring(const Model& model, const Resource& resource, const Operation& operation) {
  if (operation.interval == 0 || operation.id.empty() || operation.duplicate) return false;
  switch (parse_task(operation.name)) {
    case Task::kStop:
    case Task::kStart:
    case Task::kDemote:
    case Task::kPromote:
    case Task::kReloadAgent:
    case Task::kMigrateTo:
    case Task::kMigrateFrom:
      log(model, LogLevel::kError, "is_recurring_history", "Ignoring {} because {} action cannot be recurring",
          operation.id, operation.name);
      return false;
    default:
      break;
  }
  if (!operation.role.empty() && parse_role(operation.role) == Role::kUnknown) return false;
  return find_operation(model, resource, operation.name, operation.interval, false).valid();
}

class RecurringPlanner {
 public:
  RecurringPlanner(Model& model, Resource& resource) : model_(model), resource_(resource) {}

  void run() {
    if (resource_.blocked || resource_.maintenance) return;
    request_start();
    for (std::uint32_t i = 0; i < resource_.operation_count; ++i) {
      const Operation operation = model_.operations[resource_.first_operation + i];
      if (operation.duplicate && operation.interval != 0) tell_duplicates(operation);
      if (!is_recurring(model_, resource_, operation)) continue;
      if (start_.valid()) plan_active_role(operation);
      plan_stopped_role(operation);
    }
  }

 private:
  void tell_duplicates(const Operation& operation) const {
    if (!logs(model_, LogLevel::kError)) return;
    const Operation* first = nullptr;
    for (std::uint32_t i = 0; i < resource_.operation_count; ++i) {
      const Operation& other = model_.operations[resource_.first_operation + i];
      if (other.interval != operation.interval || other.name != operation.name) continue;
      if (first != nullptr) {
        log(model_, LogLevel::kError, "is_op_dup",
            "Operation {} is duplicate of {} (do not use same name and interval combination more than once per "
            "resource)",
            other.id, first->id);
      } else {
        first = &other;
      }
    }
  }

  // S5 D-8.
  void request_start() {
    if (!resource_.assigned.valid() || model_.node(resource_.assigned).maintenance) return;
    if (resource_.next_role == Role::kStopped && resource_.managed) return;
    start_ = request_action(model_, resource_.self, Task::kStart, resource_.assigned, true).self;
  }

  // Running already on the assigned node, with nothing that forces it to be scheduled anew.
  bool is_running(const Operation& operation) {
    if (!model_.actions[start_].optional()) return false;
    all_exact_actions(model_, resource_.self, operation.name, operation.interval, resource_.assigned, found_);
    return !found_.empty() && std::none_of(found_.begin(), found_.end(), [&](ActionId id) {
      return model_.actions[id].has(action_flag::kReschedule);
    });
  }

  // S5 D-10.
  void plan_active_role(const Operation& operation) {
    const Role role = operation.role.empty() ? Role::kUnknown : parse_role(operation.role);
    if (role == Role::kStopped) return;
    const bool optional = is_running(operation);
    const bool matches = role == Role::kUnknown ? resource_.next_role != Role::kPromoted : resource_.next_role == role;
    if (matches) {
      request_monitor(operation, optional);
    } else if (optional) {
      cancel_in_wrong_role(operation);
    }
  }

  void cancel_in_wrong_role(const Operation& operation) {
    if (logs(model_, LogLevel::kInfo)) {
      log(model_, LogLevel::kInfo, "recurring_op_for_active",
          "Cancelling recurring action {}_{}_{} because {} configured for {} role (not {})", resource_.id,
          operation.name, operation.interval, operation.id,
          role_name(operation.role.empty() ? Role::kUnpromoted : parse_role(operation.role)),
          role_name(resource_.next_role));
    }
    const ActionId cancel =
        request_cancel(model_, resource_.self, operation.name, operation.interval, resource_.assigned).self;
    Task then = Task::kUnspecified;
    if (resource_.original_role == Role::kPromoted) {
      then = Task::kDemote;
    } else if (resource_.original_role == Role::kStarted || resource_.original_role == Role::kUnpromoted) {
      if (resource_.next_role == Role::kPromoted) then = Task::kPromote;
      if (resource_.next_role == Role::kStopped) then = Task::kStop;
    }
    if (then != Task::kUnspecified) {
      order(model_, side(model_, cancel), side(model_, resource_.self, then), kUnrunnableFirstBlocks);
    }
  }

  void request_monitor(const Operation& operation, bool optional) {
    Action& action =
        request_action(model_, resource_.self, operation.name, operation.interval, resource_.assigned, optional);
    const NodeId node = action.node;
    if (!model_.actions[start_].runnable() || !node.valid() || !model_.node(node).online || model_.node(node).unclean) {
      action.flags &= ~action_flag::kRunnable;
    }
    if (!action.optional() && action.runnable()) {
      log(model_, LogLevel::kInfo, "recurring_op_for_active", "Start {}-interval {} for {} on {}",
          readable_interval(operation.interval), operation.name, resource_.id, model_.node(node).name);
    }
    if (resource_.next_role == Role::kPromoted) action.meta.set("op_target_rc", "8");
    if (node.valid() && !resource_.managed) return;
    const OrderingSide then = side(model_, action.self);
    const RelationFlags flags = kFirstImpliesThen | kUnrunnableFirstBlocks;
    order(model_, side(model_, resource_.self, Task::kStart), then, flags);
    order(model_, side(model_, resource_.self, Task::kReloadAgent), then, flags);
    if (resource_.next_role == Role::kPromoted) {
      order(model_, side(model_, resource_.self, Task::kPromote), then, kOrdered | kUnrunnableFirstBlocks);
    } else if (resource_.original_role == Role::kPromoted) {
      order(model_, side(model_, resource_.self, Task::kDemote), then, kOrdered | kUnrunnableFirstBlocks);
    }
  }

  // S5 D-12.
  void plan_stopped_role(const Operation& operation) {
    if (operation.role.empty() || parse_role(operation.role) != Role::kStopped) return;
    if (!resource_.unique) return;
    const std::vector<NodeId> nodes = model_.node_order;
    for (const NodeId node : nodes) {
      all_exact_actions(model_, resource_.self, operation.name, operation.interval, node, found_);
      const bool exists = !found_.empty();
      if (node == resource_.assigned) {
        if (exists) cancel_while_active(operation, node);
      } else {
        monitor_while_stopped(operation, node, exists);
      }
    }
  }

  void cancel_while_active(const Operation& operation, NodeId node) {
    log(model_, LogLevel::kInfo, "cancel_if_running",
        "Cancelling {}-interval {} action for {} on {} because configured for {} role (not {})",
        readable_interval(operation.interval), operation.name, resource_.id, model_.node(node).name,
        role_name(parse_role(operation.role)), role_name(resource_.next_role));
    const ActionId cancel = request_cancel(model_, resource_.self, operation.name, operation.interval, node).self;
    if (resource_.next_role == Role::kStarted || resource_.next_role == Role::kUnpromoted) {
      order(model_, side(model_, cancel), side(model_, resource_.self, Task::kStart), kUnrunnableFirstBlocks);
    }
  }

  void monitor_while_stopped(const Operation& operation, NodeId node, bool optional) {
    Action& action = request_action(model_, resource_.self, operation.name, operation.interval, node, optional);
    action.meta.set("op_target_rc", "7");
    if (resource_.managed) {
      all_actions(model_, resource_.self, Task::kMonitor, node, found_);
      for (const ActionId probe : found_) model_.actions.relate(probe, action.self, kUnrunnableFirstBlocks);
    }
    all_exact_actions(model_, resource_.self, "stop", 0, node, found_);
    for (const ActionId id : found_) {
      const Action& stop = model_.actions[id];
      if (!stop.optional() && !action.optional() && !resource_.managed) action.flags |= action_flag::kOptional;
      if (!stop.runnable()) action.flags &= ~action_flag::kRunnable;
      if (resource_.managed) {
        order(model_, side(model_, id), side(model_, action.self), kFirstImpliesThen | kUnrunnableFirstBlocks);
      }
    }
    if (!model_.node(node).online || model_.node(node).unclean) action.flags &= ~action_flag::kRunnable;
    if (action.runnable() && !action.optional()) {
      log(model_, LogLevel::kNotice, "recurring_op_for_inactive", "Start recurring {}-interval {} for {} {} on {}",
          readable_interval(operation.interval), operation.name, role_name(parse_role(operation.role)), resource_.id,
          model_.node(node).name);
    }
  }

  Model& model_;
  Resource& resource_;
  ActionId start_;
  std::vector<ActionId> found_;
};

}  // namespace

void create_recurring_actions(Model& model, Resource& resource) { RecurringPlanner(model, resource).run(); }

}  // namespace simcluster::scheduler
