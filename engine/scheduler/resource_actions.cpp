#include "engine/scheduler/resource_actions.h"

#include <algorithm>

#include "engine/cib/values.h"
#include "engine/scheduler/collective.h"
#include "engine/scheduler/fencing.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/stages.h"
#include "engine/scheduler/unfencing.h"

namespace simcluster::scheduler {

namespace {

// S5 D-1: the next role on the way from one role to another.
constexpr Role kStep[5][5] = {
    {Role::kUnknown, Role::kStopped, Role::kStopped, Role::kStopped, Role::kStopped},
    {Role::kStopped, Role::kStopped, Role::kStarted, Role::kUnpromoted, Role::kUnpromoted},
    {Role::kStopped, Role::kStopped, Role::kStarted, Role::kUnpromoted, Role::kPromoted},
    {Role::kStopped, Role::kStopped, Role::kStopped, Role::kUnpromoted, Role::kPromoted},
    {Role::kStopped, Role::kUnpromoted, Role::kUnpromoted, Role::kUnpromoted, Role::kPromoted},
};

Role step_towards(Role from, Role to) { return kStep[static_cast<int>(from)][static_cast<int>(to)]; }

// Which action makes one step; kUnspecified: none needed.
Task step_task(Role from, Role to) {
  if (from == to) return Task::kUnspecified;
  if (from == Role::kPromoted) return Task::kDemote;
  if (to == Role::kPromoted) return Task::kPromote;
  if (to == Role::kStopped) return Task::kStop;
  if (from == Role::kUnpromoted) return Task::kStop;
  return from == Role::kStarted ? Task::kUnspecified : Task::kStart;
}

struct CurrentNodes {
  NodeId current;
  std::size_t all = 0;
  std::size_t clean = 0;
};

// S5 D-2.2.
CurrentNodes current_nodes(const Model& model, const Resource& resource) {
  CurrentNodes result;
  result.current = current_node(model, resource);
  result.all = resource.active.size();
  for (const NodeId id : resource.active) {
    if (model.node(id).online && !model.node(id).unclean) ++result.clean;
  }
  return result;
}

// One primitive on its way (S5 D-2).
class RolePlanner {
 public:
  RolePlanner(Model& model, Resource& resource) : model_(model), resource_(resource) {}

  void run() {
    if (resource_.next_role == Role::kUnknown) {
      resource_.next_role = resource_.assigned.valid() ? Role::kStarted : Role::kStopped;
    }
    nodes_ = current_nodes(model_, resource_);
    stop_dangling_migrations();
    consider_move();
    consider_partial_migration();
    consider_multiply_active();
    if (resource_.start_pending) {
      request_action(model_, resource_.self, Task::kStart, resource_.assigned, true).flags |= action_flag::kAlways;
    }
    if (!moving_) consider_restart();
    restart();
    transition();
    create_recurring_actions(model_, resource_);
    if (migrating_) create_migration_actions(model_, resource_, nodes_.current);
  }

 private:
  void stop_dangling_migrations() {
    for (auto it = resource_.dangling_migrations.rbegin(); it != resource_.dangling_migrations.rend(); ++it) {
      request_action(model_, resource_.self, Task::kStop, *it, false).flags |= action_flag::kMigrationAbort;
    }
  }

  void consider_move() {
    moving_ = nodes_.current.valid() && resource_.assigned.valid() && nodes_.current != resource_.assigned &&
              resource_.next_role >= Role::kStarted;
    if (!moving_) return;
    migrating_ = can_migrate(model_, resource_, nodes_.current);
    need_stop_ = true;
  }

  void consider_partial_migration() {
    const NodeId source = resource_.partial_migration_source;
    const NodeId target = resource_.partial_migration_target;
    if (source.valid() && target.valid() && migrating_ && nodes_.all == 2 && nodes_.current == source &&
        resource_.assigned == target) {
      return;
    }
    if (source.valid() || target.valid()) {
      if (nodes_.all <= 2 && source.valid() && target.valid()) {
        log(model_, LogLevel::kNotice, "pcmk__primitive_create_actions",
            "Forcing recovery of {} because it can no longer migrate from {} to {}", resource_.id,
            model_.node(source).name, model_.node(target).name);
      }
      need_stop_ = true;
      resource_.partial_migration_source = NodeId();
      resource_.partial_migration_target = NodeId();
      migrating_ = false;
    } else {
      multiply_active_ = (resource_.needs_fencing() ? nodes_.all : nodes_.clean) > 1;
    }
  }

  void consider_multiply_active() {
    if (!multiply_active_) {
      resource_.stop_unexpected = false;
      return;
    }
    tell_multiply_active();
    if (resource_.multiple_active == MultipleActive::kStopStart) need_stop_ = true;
    if (resource_.multiple_active == MultipleActive::kStopUnexpected) {
      need_stop_ = true;
      resource_.stop_unexpected = true;
    }
  }

  void tell_multiply_active() const {
    static constexpr std::string_view kFunction = "pcmk__primitive_create_actions";
    const bool waits = resource_.multiple_active == MultipleActive::kBlock;
    log(model_, LogLevel::kError, kFunction, "{} resource {} might be active on {} nodes ({})", resource_.agent_class,
        resource_.id, resource_.needs_fencing() ? nodes_.all : nodes_.clean,
        waits                                                          ? "waiting for an administrator"
        : resource_.multiple_active == MultipleActive::kStopOnly       ? "leaving stopped"
        : resource_.multiple_active == MultipleActive::kStopUnexpected ? "stopping unexpected instances"
                                                                       : "attempting recovery");
    log(model_, LogLevel::kNotice, kFunction,
        "See https://wiki.clusterlabs.org/wiki/FAQ#Resource_is_Too_Active for more information");
  }

  // S5 D-2.8.
  void consider_restart() {
    if (resource_.failed) {
      if (resource_.stop_if_failed) {
        need_stop_ = true;
      } else if (resource_.next_role == Role::kPromoted) {
        need_promote_ = true;
      }
    } else if (resource_.blocked) {
      need_stop_ = true;
    } else if (resource_.original_role > Role::kStarted && nodes_.current.valid() && resource_.assigned.valid()) {
      const Action& start = request_action(model_, resource_.self, Task::kStart, resource_.assigned, true);
      if (!start.optional()) need_stop_ = true;
    }
  }

  // S5 D-2.9.
  void restart() {
    restarting_ = true;
    Role role = resource_.original_role;
    while (role != Role::kStopped) {
      const Role next = step_towards(role, Role::kStopped);
      const Task task = step_task(role, next);
      if (task == Task::kUnspecified) break;
      perform(task, nodes_.current, !need_stop_);
      role = next;
    }
    while (resource_.original_role <= resource_.next_role && role != resource_.original_role && !resource_.blocked) {
      const Role next = step_towards(role, resource_.original_role);
      const Task task = step_task(role, next);
      if (task == Task::kUnspecified) break;
      const bool required = need_stop_ || (need_promote_ && next == Role::kPromoted);
      perform(task, resource_.assigned, !required);
      role = next;
    }
    restarting_ = false;
  }

  // S5 D-2.10.
  void transition() {
    Role role = resource_.original_role;
    while (role != resource_.next_role) {
      const Role next = step_towards(role, resource_.next_role);
      const Task task = step_task(role, next);
      if (task == Task::kUnspecified) break;
      perform(task, resource_.assigned, false);
      role = next;
    }
  }

  void perform(Task task, NodeId node, bool optional) {
    switch (task) {
      case Task::kStop:
        stop(optional);
        return;
      case Task::kStart:
        start(node, optional);
        return;
      case Task::kPromote:
        promote(node, optional);
        return;
      case Task::kDemote:
        demote(optional);
        return;
      default:
        return;
    }
  }

  bool is_expected_node(NodeId node) const {
    return restarting_ && resource_.stop_unexpected && resource_.next_role > Role::kStopped && node.valid() &&
           node == resource_.assigned;
  }

  // S5 D-3.
  void stop(bool optional) {
    const std::vector<NodeId> active = resource_.active;
    for (const NodeId node : active) {
      if (is_expected_node(node)) continue;
      if (resource_.partial_migration_target.valid()) {
        if (node == resource_.partial_migration_target && node == resource_.assigned) continue;
        optional = false;
      }
      Action& action = request_action(model_, resource_.self, Task::kStop, node, optional);
      if (!resource_.assigned.valid()) {
        set_reason(action, "node availability", true);
      } else if (restarting_ && resource_.stop_unexpected) {
        set_reason(action, "being multiply active", true);
      }
      if (!resource_.managed) action.flags &= ~action_flag::kRunnable;
      if (resource_.needs_unfencing()) {
        const ActionId unfencing = fence_action(model_, node, "on", true, {}, false);
        model_.actions.relate(action.self, unfencing, relation::kThenImpliesFirst);
      }
    }
  }

  // S5 D-4.
  void start(NodeId node, bool optional) {
    Action& action = request_action(model_, resource_.self, Task::kStart, node, true);
    relate_unfencing(model_, resource_, node, action.self, relation::kFirstImpliesThen);
    if (action.runnable() && !optional) action.flags &= ~action_flag::kOptional;
    if (is_expected_node(node)) action.flags |= action_flag::kPseudo;
  }

  // S5 D-5.
  void promote(NodeId node, bool optional) {
    std::vector<ActionId> starts;
    all_actions(model_, resource_.self, Task::kStart, node, starts);
    const bool blocked =
        std::any_of(starts.begin(), starts.end(), [&](ActionId id) { return !model_.actions[id].runnable(); });
    if (blocked) {
      std::vector<ActionId> promotes;
      all_actions(model_, resource_.self, Task::kPromote, node, promotes);
      for (const ActionId id : promotes) model_.actions[id].flags &= ~action_flag::kRunnable;
      return;
    }
    Action& action = request_action(model_, resource_.self, Task::kPromote, node, optional);
    if (is_expected_node(node)) action.flags |= action_flag::kPseudo;
  }

  // S5 D-6.
  void demote(bool optional) {
    const std::vector<NodeId> active = resource_.active;
    for (const NodeId node : active) {
      if (!is_expected_node(node)) request_action(model_, resource_.self, Task::kDemote, node, optional);
    }
  }

  Model& model_;
  Resource& resource_;
  CurrentNodes nodes_;
  bool moving_ = false;
  bool migrating_ = false;
  bool multiply_active_ = false;
  bool need_stop_ = false;
  bool need_promote_ = false;
  bool restarting_ = false;
};

// S5 C-6.
void create_group_actions(Model& model, Resource& group) {
  for (const ResourceId member : group.children) create_actions(model, model.resource(member));
  const auto add = [&](Task task) { request_collective(model, group.self, task, true, true); };
  add(Task::kStart);
  add(Task::kStarted);
  add(Task::kStop);
  add(Task::kStopped);
  // The attribute itself, which a clone hands down: a group alone may carry it, too.
  const std::string_view* promotable = group.meta.find("promotable");
  if (promotable == nullptr || !cib::is_true(*promotable)) return;
  add(Task::kDemote);
  add(Task::kDemoted);
  add(Task::kPromote);
  add(Task::kPromoted);
}

}  // namespace

void create_actions(Model& model, Resource& resource) {
  switch (resource.variant) {
    case Variant::kPrimitive:
      RolePlanner(model, resource).run();
      return;
    case Variant::kGroup:
      create_group_actions(model, resource);
      return;
    case Variant::kClone:
    case Variant::kBundle:
      create_collective_actions(model, resource);
      return;
  }
}

void create_resource_actions(Model& model) {
  for (const ResourceId id : model.top_level) create_actions(model, model.resource(id));
}

}  // namespace simcluster::scheduler
