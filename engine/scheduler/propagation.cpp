#include "engine/scheduler/propagation.h"

#include <algorithm>
#include <string>
#include <vector>

#include "engine/scheduler/assignment.h"
#include "engine/scheduler/collective.h"
#include "engine/scheduler/colocations.h"
#include "engine/scheduler/instance_location.h"
#include "engine/scheduler/log.h"
#include "engine/scheduler/model.h"
#include "engine/scheduler/recorder.h"

namespace simcluster::scheduler {

namespace {

using namespace relation;
using namespace action_flag;

// Tasks that a collective's followers wait for in their completed form (G-8).
bool is_remapped(const Action& action) {
  if (action.interval != 0) return false;
  switch (action.task) {
    case Task::kStop:
    case Task::kStart:
    case Task::kNotify:
    case Task::kPromote:
    case Task::kDemote:
    case Task::kStopped:
    case Task::kStarted:
    case Task::kNotified:
    case Task::kPromoted:
    case Task::kDemoted:
      break;
    default:
      return false;
  }
  return action.key_text.find("notify") == std::string_view::npos;
}

// Whether what the action tells is over is still to be seen in the current state; notifications, too, end so (G-24).
bool is_completed_down(const Action& action) {
  return action.key_text == "stopped" || action.key_text == "demoted" || action.key_text.ends_with("_stopped") ||
         action.key_text.ends_with("_demoted");
}

}  // namespace

NodeId Propagator::effective_node(const Action& action) const {
  if (action.task == Task::kStart && action.resource.valid() && model_.resource(action.resource).is_group()) {
    return single_location(model_, model_.resource(action.resource), false);
  }
  return action.node;
}

bool Propagator::is_inside(ResourceId resource, ResourceId ancestor) const {
  while (resource.valid()) {
    if (resource == ancestor) return true;
    resource = model_.resource(resource).parent;
  }
  return false;
}

ActionId Propagator::remap(ActionId first) const {
  const Action& action = model_.actions[first];
  if (!action.resource.valid() || !is_remapped(action)) return first;
  const Resource& resource = model_.resource(action.resource);
  if (resource.is_primitive()) return first;
  const Task completed = completed_task(action.task);
  Symbol key = model_.actions.key_task(completed);
  if (resource.notify && (resource.is_clone() || resource.in_bundle || resource.is_bundle())) {
    key = model_.actions.find_key_task("confirmed-post_notify_" + std::string(task_name(completed)));
  }
  ActionId found = key.valid() ? model_.actions.oldest(resource.self, key, 0) : ActionId();
  while (found.valid() && model_.actions[found].next_same_key.valid()) found = model_.actions[found].next_same_key;
  return found.valid() ? found : first;
}

ActionFlags Propagator::group_flags(ActionId id, NodeId node) {
  ActionFlags result = kOptional | kRunnable | kPseudo;
  const Task task = model_.actions[id].task;
  const Task folded = plain_task(task);
  for (const ResourceId member : model_.resource(model_.actions[id].resource).children) {
    const ActionId member_action = newest_action(model_, model_.resource(member), folded, node);
    if (!member_action.valid()) {
      if (folded != Task::kStop && folded != Task::kDemote) result &= ~kRunnable;
      continue;
    }
    const ActionFlags flags = model_.actions[member_action].flags;
    if ((flags & kOptional) == 0) {
      result &= ~kOptional;
      model_.actions[id].flags &= ~kOptional;
    }
    if ((flags & kRunnable) == 0 && folded != task) {
      result &= ~kRunnable;
      model_.actions[id].flags &= ~kRunnable;
    }
  }
  return result;
}

ActionFlags Propagator::flags_method(ActionId id, NodeId node) {
  Action& action = model_.actions[id];
  if (!action.resource.valid()) return action.flags;
  switch (model_.resource(action.resource).variant) {
    case Variant::kPrimitive:
      return action.flags;
    case Variant::kGroup:
      return group_flags(id, node);
    case Variant::kClone:
    case Variant::kBundle:
      return collective_action_flags(*this, model_, action, node);
  }
  return action.flags;
}

ActionFlags Propagator::flags_of(ActionId id, NodeId node) {
  const Action& action = model_.actions[id];
  const ActionFlags flags = flags_method(id, NodeId());
  if (!node.valid() || !action.resource.valid() || !model_.resource(action.resource).is_clone()) return flags;
  return flags_method(id, node) | (flags & kRunnable);
}

void Propagator::clear(ActionId id, ActionFlags flag, ActionId because) {
  Action& action = model_.actions[id];
  if (!action.has(flag)) return;
  action.flags &= ~flag;
  if (model_.recorder && flag != kMigratable) model_.recorder->causes.push_back({id, because, flag == kOptional});
  const Action& cause = model_.actions[because];
  if (cause.resource == action.resource || !action.reason.empty()) return;
  std::string reason = flag == kOptional ? "required " : flag == kRunnable ? "unrunnable " : "unmigrateable ";
  if (cause.resource.valid()) {
    reason += model_.resource(cause.resource).id;
    reason += ' ';
  }
  reason += cause.task_text;
  action.reason = model_.strings.text(model_.strings.intern(reason));
}

void Propagator::process_all_after(ActionId first) {
  for (RelationId r = model_.actions[first].after; r.valid(); r = model_.actions.relation(r).next) {
    process(model_.actions.relation(r).action);
  }
}

void Propagator::process(ActionId id) {
  Action& then = model_.actions[id];
  const ActionFlags saved = then.flags;
  if (then.required_before > 0) {
    then.runnable_before = 0;
    then.flags &= ~kRunnable;
  }
  Changes changed = kNothing;
  for (RelationId r = then.before; r.valid(); r = model_.actions.relation(r).next) {
    changed &= ~kFirst;
    changed |= process_relation(id, r);
    if ((changed & kFirst) != 0) {
      const ActionId first = model_.actions.relation(r).action;
      process_all_after(first);
      process(first);
    }
  }
  if (then.required_before > 0) {
    changed = then.flags != saved ? changed | kThen : changed & ~kThen;
  }
  if ((changed & kThen) == 0) return;
  if ((saved & kRunnable) != 0 && !then.runnable()) block_dependents(id);
  process(id);
  process_all_after(id);
}

Propagator::Changes Propagator::process_relation(ActionId then_id, RelationId r) {
  const Action& then = model_.actions[then_id];
  const ActionId first_id = model_.actions.relation(r).action;
  Action& first = model_.actions[first_id];
  const RelationFlags flags = model_.actions.relation(r).flags;
  const NodeId then_node = effective_node(then);
  const NodeId first_node = effective_node(first);
  if ((flags & kIfOnSameNode) != 0 && then_node.valid() && first_node.valid() && then_node != first_node) {
    model_.actions.relation(r).flags = kNone;
    return kNothing;
  }
  if ((flags & kThenCancelsFirst) != 0 && first.resource.valid() && !then.optional()) {
    first.flags |= kOptional;
    if (first.task == Task::kReloadAgent) model_.resource(first.resource).reload = false;
  }
  if (first.resource.valid() && then.resource.valid() && first.resource != then.resource &&
      !is_inside(then.resource, first.resource)) {
    const ActionId mapped = remap(first_id);
    if (mapped != first_id) {
      if (!model_.actions.relate(mapped, then_id, flags)) return kNothing;
      model_.actions.relation(r).flags = kNone;
      return kThen;
    }
  }
  const ActionFlags first_flags = flags_of(first_id, then_node);
  const ActionFlags then_flags = flags_of(then_id, first_node);
  return apply_relation(r, first_id, then_id, first_flags, then_flags);
}

Propagator::Changes Propagator::apply_without_resource(RelationFlags flags, ActionId first_id, ActionId then_id,
                                                       ActionFlags first_flags) {
  static_cast<void>(first_id);
  Action& then = model_.actions[then_id];
  Changes changed = kNothing;
  if ((flags & kFirstImpliesThen) != 0 && (first_flags & kOptional) == 0 && then.optional()) {
    then.flags &= ~kOptional;
    changed |= kThen;
  }
  if ((flags & kMinRunnable) != 0 && (first_flags & kRunnable) != 0) {
    ++then.runnable_before;
    if (then.runnable_before >= then.required_before && !then.runnable()) {
      then.flags |= kRunnable;
      changed |= kThen;
    }
  }
  if ((flags & kUnrunnableFirstBlocks) != 0 && (first_flags & kRunnable) == 0 && then.runnable()) {
    then.flags &= ~kRunnable;
    changed |= kThen;
  }
  return changed;
}

// S5 G-16: the rows in their order, each with the flags as they are then.
Propagator::Changes Propagator::apply_relation(RelationId r, ActionId first_id, ActionId then_id,
                                               ActionFlags first_flags, ActionFlags then_flags) {
  Action& first = model_.actions[first_id];
  Action& then = model_.actions[then_id];
  const ResourceId then_resource = then.resource;
  NodeId node = then.node;
  Changes changed = kNothing;
  RelationFlags flags = model_.actions.relation(r).flags;
  if (flags == kNone) return kNothing;
  if ((flags & kFirstImpliesSameNodeThen) != 0) {
    flags = (flags & ~kFirstImpliesSameNodeThen) | kFirstImpliesThen;
    model_.actions.relation(r).flags = flags;
    node = first.node;
  }
  const auto call = [&](RelationFlags kind, ActionFlags passed, ActionFlags filter, RelationFlags type) {
    if ((flags & kind) == 0) return;
    changed |= update(then_resource, Update{first_id, then_id, node, passed, filter, type});
  };
  if (then_resource.valid()) call(kFirstImpliesThen, first_flags & kOptional, kOptional, kFirstImpliesThen);
  if (then_resource.valid()) call(kRestart, first_flags, kOptional | kRunnable, kRestart);
  if ((flags & kThenImpliesFirst) != 0) {
    if (first.resource.valid()) {
      changed |= update(first.resource, Update{first_id, then_id, node, first_flags, kOptional, kThenImpliesFirst});
    } else if ((first_flags & kOptional) == 0 && first.runnable()) {
      first.flags &= ~kRunnable;
      changed |= kFirst;
    }
  }
  if (!then_resource.valid()) {
    changed |= apply_without_resource(flags, first_id, then_id, first_flags);
  } else {
    call(kPromotedThenImpliesFirst, first_flags & kOptional, kOptional, kPromotedThenImpliesFirst);
    call(kMinRunnable, first_flags, kRunnable, kMinRunnable);
    if ((flags & kNestedProbe) != 0) {
      if ((first_flags & kRunnable) == 0 && first.resource.valid() && model_.resource(first.resource).is_active()) {
        flags = kNone;
        model_.actions.relation(r).flags = kNone;
      } else {
        call(kNestedProbe, first_flags, kRunnable, kUnrunnableFirstBlocks);
      }
    }
    call(kUnrunnableFirstBlocks, first_flags, kRunnable, kUnrunnableFirstBlocks);
    call(kMigratableThen, first_flags, kOptional, kMigratableThen);
    call(kUnmigratableThenReal, first_flags, kOptional, kUnmigratableThenReal);
    call(kOrdered, first_flags, kRunnable, kOrdered);
    call(kAsymmetric, first_flags, kRunnable, kAsymmetric);
  }
  if ((flags & kFirstImpliesThenGraphed) != 0 && first.runnable() && (first_flags & kOptional) == 0) {
    then.flags |= kAlways;
  }
  if ((flags & kThenImpliesFirstGraphed) != 0 && (then_flags & kOptional) == 0) first.flags |= kAlways;
  if ((flags & (kFirstImpliesThen | kThenImpliesFirst | kRestart)) != 0 && first.resource.valid() &&
      !model_.resource(first.resource).managed && model_.resource(first.resource).blocked && !first.runnable() &&
      first.task == Task::kStop && then.runnable()) {
    then.flags &= ~kRunnable;
    changed |= kThen;
  }
  return changed;
}

Propagator::Changes Propagator::update(ResourceId resource, const Update& u) {
  switch (model_.resource(resource).variant) {
    case Variant::kPrimitive:
      return update_base(u);
    case Variant::kGroup:
      return update_group(u);
    case Variant::kClone:
    case Variant::kBundle:
      return update_instances(u);
  }
  return kNothing;
}

void Propagator::apply_then_implies_first(const Update& u, bool then_required, ActionFlags first_before) {
  if (!then_required) return;
  if ((u.filter & kOptional) != 0 && (u.flags & kOptional) == 0 && (first_before & kOptional) != 0) {
    clear(u.first, kOptional, u.then);
  }
  if ((u.flags & kMigratable) != 0 && !model_.actions[u.then].has(kMigratable)) clear(u.first, kMigratable, u.then);
}

// S5 G-18.
Propagator::Changes Propagator::update_base(const Update& u) {
  if (u.type == kOrdered) return kNothing;
  Action& first = model_.actions[u.first];
  Action& then = model_.actions[u.then];
  const ActionFlags first_before = first.flags;
  const ActionFlags then_before = then.flags;
  const bool then_required = !then.optional();
  switch (u.type) {
    case kAsymmetric:
      apply_asymmetric(u);
      break;
    case kThenImpliesFirst:
      apply_then_implies_first(u, then_required, first_before);
      break;
    case kPromotedThenImpliesFirst:
      if (then.resource.valid() && model_.resource(then.resource).original_role == Role::kPromoted &&
          (u.filter & kOptional) != 0 && then_required) {
        clear(u.first, kOptional, u.then);
        if (!then.has(kMigratable)) clear(u.first, kMigratable, u.then);
      }
      break;
    case kMigratableThen:
      if ((u.filter & kOptional) != 0) {
        if (!then.has(kMigratable) || !then.runnable()) clear(u.first, kRunnable, u.then);
        if (!then.optional()) clear(u.first, kOptional, u.then);
      }
      break;
    case kUnmigratableThenReal:
      if ((u.filter & kOptional) != 0 && !first.runnable()) {
        clear(u.then, kMigratable, u.first);
        then.flags &= ~kPseudo;
      }
      break;
    case kUnrunnableFirstBlocks:
      if ((u.filter & kRunnable) != 0 && then.runnable() && (u.flags & kRunnable) == 0) {
        clear(u.then, kRunnable, u.first);
        clear(u.then, kMigratable, u.first);
      }
      break;
    case kFirstImpliesThen:
      if ((u.filter & kOptional) != 0 && then.optional() && (u.flags & kOptional) == 0 && !first.has(kMigratable)) {
        clear(u.then, kOptional, u.first);
      }
      break;
    case kRestart:
      apply_restart(u);
      break;
    default:
      break;
  }
  Changes changed = kNothing;
  if (then.flags != then_before) {
    changed |= kThen;
    if (then.resource.valid() && model_.resource(then.resource).parent.valid()) process(u.then);
  }
  if (first.flags != first_before) changed |= kFirst;
  return changed;
}

// S5 G-19.
void Propagator::apply_asymmetric(const Update& u) {
  const Action& first = model_.actions[u.first];
  const Action& then = model_.actions[u.then];
  if (!then.resource.valid() || first.runnable()) return;
  const Resource& resource = model_.resource(then.resource);
  if (then.optional()) {
    if (then.task == Task::kStop && resource.original_role == Role::kStopped) return;
    if (then.task == Task::kStart && resource.original_role >= Role::kStarted && resource.active.size() == 1 &&
        then.node == resource.active.front()) {
      return;
    }
  }
  clear(u.then, kOptional, u.first);
  clear(u.then, kRunnable, u.first);
}

// S5 G-20.
void Propagator::apply_restart(const Update& u) {
  const Action& first = model_.actions[u.first];
  const Action& then = model_.actions[u.then];
  if (!first.resource.valid() || !then.resource.valid() || !model_.resource(first.resource).is_primitive() ||
      !model_.resource(then.resource).is_primitive()) {
    return;
  }
  const bool required = (u.filter & kOptional) != 0 && !then.optional();
  const bool unrunnable = (u.filter & kRunnable) != 0 && !then.runnable() && model_.resource(then.resource).managed &&
                          first.resource == then.resource;
  if (!required && !unrunnable) return;
  if (first.runnable()) clear(u.first, kOptional, u.then);
  if (!then.optional()) clear(u.first, kOptional, u.then);
  if (!then.has(kMigratable)) clear(u.first, kMigratable, u.then);
  if (!first.optional() && !first.runnable()) clear(u.then, kRunnable, u.first);
}

// S5 G-22.
Propagator::Changes Propagator::update_group(const Update& u) {
  Changes changed = update_base(u);
  const ResourceId group = model_.actions[u.then].resource;
  if (!group.valid()) return changed;
  const Task task = model_.actions[u.then].task;
  for (const ResourceId member : model_.resource(group).children) {
    const ActionId action = newest_action(model_, model_.resource(member), task, u.node);
    if (!action.valid()) continue;
    Update member_update = u;
    member_update.then = action;
    changed |= update(member, member_update);
  }
  return changed;
}

// S5 G-23.
Propagator::Changes Propagator::update_instances(const Update& u) {
  const ResourceId collective = model_.actions[u.then].resource;
  if (!collective.valid()) return kNothing;
  if (is_interleaved(model_, model_.actions[u.first], model_.actions[u.then])) return update_interleaved(u);
  Changes changed = update_base(u);
  const Task task = model_.actions[u.then].task;
  for (const ResourceId instance : instances_of(model_, model_.resource(collective))) {
    const ActionId action = newest_action(model_, model_.resource(instance), task, u.node);
    if (!action.valid() || (flags_method(action, u.node) & kRunnable) == 0) continue;
    Update instance_update = u;
    instance_update.then = action;
    const Changes instance_changed = update(instance, instance_update);
    changed |= instance_changed;
    if ((instance_changed & kThen) != 0) process_all_after(action);
  }
  return changed;
}

// S5 G-24.
Propagator::Changes Propagator::update_interleaved(const Update& u) {
  Changes changed = kNothing;
  const Resource& first_collective = model_.resource(model_.actions[u.first].resource);
  const Resource& then_collective = model_.resource(model_.actions[u.then].resource);
  const Task then_task = model_.actions[u.then].task;
  const bool current = is_completed_down(model_.actions[u.first]);
  for (const ResourceId id : instances_of(model_, then_collective)) {
    Resource& instance = model_.resource(id);
    const ResourceId compatible = compatible_instance(model_, instance, first_collective, current);
    if (!compatible.valid()) {
      if (!current && (u.type & (kUnrunnableFirstBlocks | kFirstImpliesThen)) != 0) {
        log(model_, LogLevel::kInfo, "multi_update_interleave_actions", "Inhibiting {} from being active", instance.id);
        if (place(model_, instance, NodeId(), true, true)) changed |= kThen;
      }
      continue;
    }
    const ActionId first = interleaved_action(model_, u.first, compatible, u.node);
    const ActionId then = interleaved_then_action(model_, then_task, id, u.node);
    if (!first.valid() || !then.valid()) continue;
    if (model_.actions.relate(first, then, u.type)) changed |= kFirst | kThen;
    Update instance_update = u;
    instance_update.first = first;
    instance_update.then = then;
    instance_update.flags = flags_method(first, u.node);
    changed |= update(id, instance_update);
  }
  return changed;
}

void Propagator::block_dependents(ActionId id) {
  const Action& action = model_.actions[id];
  if (action.runnable() || !action.resource.valid()) return;
  if (action.task != Task::kStart && action.task != Task::kPromote) return;
  const Resource& cause = model_.resource(action.resource);
  const Resource* top = &model_.resource(cause.top);
  if (top->parent.valid()) top = &model_.resource(top->parent);
  for (const ResourceId child : top->children) {
    const ActionId child_action = newest_action(model_, model_.resource(child), action.task);
    if (!child_action.valid() || model_.actions[child_action].runnable()) return;
  }
  for (const ColocationId colocation_id : with_this_colocations(model_, *top)) {
    const Colocation& colocation = model_.colocation(colocation_id);
    if (colocation.score < kInfinity) continue;
    if (action.task == Task::kPromote && colocation.primary_role != Role::kPromoted) continue;
    const Task task = colocation.dependent_role == Role::kPromoted ? Task::kPromote : Task::kStart;
    block_dependent(model_.resource(colocation.dependent), task, cause);
  }
}

void Propagator::block_dependent(const Resource& dependent, Task task, const Resource& cause) {
  for (ActionId id = model_.actions.newest(dependent.self, task); id.valid(); id = model_.actions[id].older_same_task) {
    Action& action = model_.actions[id];
    if (!action.runnable()) continue;
    action.flags &= ~kRunnable;
    if (action.reason.empty()) {
      action.reason = model_.strings.text(model_.strings.intern("colocation with " + std::string(cause.id)));
    }
    block_dependents(id);
    process(id);
  }
  for (const ResourceId child : dependent.children) block_dependent(model_.resource(child), task, cause);
}

}  // namespace simcluster::scheduler
